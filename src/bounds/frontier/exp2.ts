/** Bits behind the binary point of the fixed-point numbers below. */
const bits = 120n;
/** The natural logarithm of 2 in fixed point. */
const ln2 = 921350637599661305226344307672478455n;

/**
 * 2 to the power of a finite number, correctly rounded where `2 ** exponent` may be off in its last bit
 * (Taylor's series in fixed point: for the odd figure, not for grids).
 */
export function exp2(exponent: number): number {
  const whole = Math.floor(exponent);
  const fraction = BigInt(Math.trunc((exponent - whole) * 2 ** Number(bits)));
  const angle = (fraction * ln2) >> bits;
  let term = 1n << bits;
  let sum = term;
  for (let order = 1n; term > 0n; order++) {
    term = ((term * angle) >> bits) / order;
    sum += term;
  }
  return (Number(sum) / 2 ** Number(bits)) * 2 ** whole;
}

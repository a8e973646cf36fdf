import type { FrontierReport } from "../experiment/frontier-report.ts";

const header = [
  "curve",
  "tokens_per_second_per_request",
  "dollars_per_million_tokens",
  "seconds_per_token",
  "tokens_per_second",
  "mfu",
  "accelerators",
  "batch",
  "replicas",
  "tensor_parallel",
  "tensor_ranks",
  "pipeline_stages",
  "draft_tokens",
  "binding",
];

const quoted = (text: string) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** Every point of every frontier, one line each. */
export function frontierCsv({ curves }: FrontierReport): string {
  const lines = curves.flatMap(({ name, points }) =>
    points.map((point) =>
      [
        quoted(name),
        point.tokensPerSecondPerRequest,
        point.dollarsPerMillionTokens,
        point.secondsPerToken,
        point.tokensPerSecond,
        point.mfu,
        point.accelerators,
        point.batch,
        point.replicas,
        point.layout.tensorParallel,
        point.layout.tensorRanks,
        point.layout.pipelineStages,
        point.draftTokens,
        point.binding,
      ].join(","),
    ),
  );
  return `${[header.join(","), ...lines].join("\n")}\n`;
}

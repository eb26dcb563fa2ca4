package io.inmesh.server.config;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Envoy's {@code retry_on} conditions we honour, then {@code retry_grpc_on}. */
final class RetryTokens {
  static final List<String> ALL =
      List.of(
          "5xx",
          "gateway-error",
          "connect-failure",
          "refused-stream",
          "reset",
          "reset-before-request",
          "retriable-4xx",
          "retriable-status-codes",
          "envoy-ratelimited",
          "cancelled",
          "deadline-exceeded",
          "internal",
          "resource-exhausted",
          "unavailable");

  /** One condition. */
  static final Format FORMAT =
      new Format() {
        @Override
        public String name() {
          return "retry condition";
        }

        @Override
        public FindingCode code() {
          return FindingCode.UNKNOWN_RETRY_TOKEN;
        }

        @Override
        public @Nullable String problem(String text) {
          if (ALL.contains(text)) {
            return null;
          }
          String hint = isStatus(text) ? "statuses go into 'codes'" : Words.suggest(text, ALL);
          return "unknown retry condition " + Words.quote(text) + "; " + hint;
        }
      };

  /** Istio's {@code retryOn}: conditions and HTTP statuses between commas. */
  static final Format LIST =
      new Format() {
        @Override
        public String name() {
          return "retry conditions";
        }

        @Override
        public FindingCode code() {
          return FindingCode.UNKNOWN_RETRY_TOKEN;
        }

        @Override
        public @Nullable String problem(String text) {
          for (String token : split(text)) {
            String problem = token.isEmpty() || isStatus(token) ? null : FORMAT.problem(token);
            if (problem != null) {
              return problem;
            }
          }
          return null;
        }
      };

  private RetryTokens() {}

  static List<String> split(String text) {
    return List.of(text.trim().split("\\s*,\\s*", -1));
  }

  static boolean isStatus(String token) {
    return token.matches("[1-5][0-9]{2}");
  }
}

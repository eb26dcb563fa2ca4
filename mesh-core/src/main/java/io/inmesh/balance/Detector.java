package io.inmesh.balance;

import java.util.Locale;

/** What found an outlier; names as in Envoy's statistics. */
public enum Detector {
  CONSECUTIVE_5XX,
  CONSECUTIVE_GATEWAY_FAILURE,
  CONSECUTIVE_LOCAL_ORIGIN_FAILURE,
  SUCCESS_RATE,
  LOCAL_ORIGIN_SUCCESS_RATE,
  FAILURE_PERCENTAGE,
  LOCAL_ORIGIN_FAILURE_PERCENTAGE,
  /** An answer said so; the host is not ejected, but others are preferred. */
  DEGRADED,
  /** Linkerd's; not one of Envoy's. */
  FAILURE_ACCRUAL;

  private final String text = name().toLowerCase(Locale.ROOT);

  /** For metrics. */
  public String text() {
    return text;
  }
}

package io.inmesh.balance;

/**
 * What came of one probe.
 *
 * @param kind what it says about the host
 * @param detail why, for people; empty if it is healthy
 */
public record ProbeAnswer(Kind kind, String detail) {
  /** What it says about the host. */
  public enum Kind {
    /** It works. */
    HEALTHY,
    /** It works, but others are to be preferred. */
    DEGRADED,
    /** There is no answer, or one that may be better next time: counts towards the threshold. */
    FAILED,
    /** It says that it does not work, which counts at once. */
    UNHEALTHY
  }

  /** It works. */
  public static final ProbeAnswer HEALTHY = new ProbeAnswer(Kind.HEALTHY, "");

  /** It works, but others are to be preferred. */
  public static final ProbeAnswer DEGRADED = new ProbeAnswer(Kind.DEGRADED, "");

  /** No answer, or none that decides. */
  public static ProbeAnswer failed(String detail) {
    return new ProbeAnswer(Kind.FAILED, detail);
  }

  /** It does not work. */
  public static ProbeAnswer unhealthy(String detail) {
    return new ProbeAnswer(Kind.UNHEALTHY, detail);
  }

  /** Whether it works. */
  boolean success() {
    return kind == Kind.HEALTHY || kind == Kind.DEGRADED;
  }
}

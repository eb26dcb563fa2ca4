package io.inmesh.telemetry;

/**
 * One end of an edge, in Istio's terms. Empty parts are reported as {@code unknown}.
 *
 * @param name of the workload, canonical service and app
 * @param namespace it runs in
 * @param version canonical revision
 * @param principal verified identity
 */
public record Workload(String name, String namespace, String version, String principal) {
  /** Nothing known. */
  public static final Workload UNKNOWN = new Workload("", "", "", "");

  /** What a SPIFFE ID ({@code spiffe://trust/ns/NAMESPACE/sa/ACCOUNT}) tells. */
  public static Workload ofIdentity(String identity) {
    int at = identity.indexOf("/ns/");
    if (at < 0) {
      return new Workload("", "", "", identity);
    }
    int end = identity.indexOf('/', at + 4);
    String namespace = end < 0 ? identity.substring(at + 4) : identity.substring(at + 4, end);
    return new Workload("", namespace, "", identity);
  }
}

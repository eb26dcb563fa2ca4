package io.inmesh.model;

/**
 * A host that calls name and that no configuration lists. With the first call it gets a cluster of
 * its own, made like a {@linkplain Cluster#dynamic dynamic} one.
 *
 * @param cluster the dynamic cluster
 * @param host in lower case; a name, or an IP address without brackets
 * @param port 1 to 65535
 * @param secure whether it is called by TLS whatever the cluster says
 */
public record CalledHost(String cluster, String host, int port, boolean secure) {
  /** The name of its own cluster. */
  public String clusterName() {
    return cluster + (secure ? "#https://" : "#http://") + host + ":" + port;
  }
}

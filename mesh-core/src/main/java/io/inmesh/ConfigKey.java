package io.inmesh;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Every setting. The key is the name in YAML and, under {@code inmesh.}, in Spring; upper case with
 * underscores after {@code INMESH_} it is the environment variable.
 */
enum ConfigKey {
  CONTROL_SERVER(null, "host:port of the control server"),
  SERVICE(null, "the service this process is an instance of"),
  NAMESPACE("default", "its namespace"),
  VERSION("", "its version label"),
  INSTANCE("", "the name of this instance; made from host name and process id if empty"),
  ADDRESS("", "the IP address others reach this process at; what the control server sees if empty"),
  LABELS("", "labels, key=value,key=value"),
  LOCALITY("", "region/zone/subzone"),
  WEIGHT("1", "the share of load, relative to other instances"),
  INSECURE("false", "plaintext, to the control server and to peers"),
  TOKEN(null, "the join token, a secret"),
  TOKEN_FILE(null, "a file that holds the join token instead"),
  KUBERNETES_TOKEN_FILE(
      null, "a projected service account token to join with, read anew each time"),
  OIDC_TOKEN_FILE(null, "an OpenID Connect token to join with, read anew each time"),
  ROOT_PINS("", "SHA-256 of the mesh's root keys in hex, comma-separated; with a token file only"),
  IDENTITY_DIR(
      null, "a directory with certificate, key and roots that something else writes and renews"),
  CREDENTIALS_DIR(
      null, "a directory of directories with certificate and key, each a credential by its name"),
  WORKLOAD_API(null, "the SPIFFE Workload API's socket, unix:///path; SPIFFE_ENDPOINT_SOCKET too"),
  STATE_DIR(null, "a directory for state that survives a restart"),
  MANAGEMENT_ADDRESS(null, "host:port where probes are answered in plaintext"),
  DOMAIN_SUFFIX("svc.cluster.local", "what mesh names end with"),
  DEPENDENCIES("", "authorities whose configuration is fetched at the start, comma-separated"),
  MESH_HOSTS("", "further hosts that are mesh names, comma-separated"),
  OUTBOUND_TRAFFIC_POLICY(
      null, "REGISTRY_ONLY or ALLOW_ANY, for unknown hosts; what the mesh says if empty"),
  READY_TIMEOUT("15s", "how long a call without deadline waits for configuration"),
  DRAIN_TIMEOUT("5s", "how long a drain may take");

  private final @Nullable String unset;
  private final String meaning;

  ConfigKey(@Nullable String unset, String meaning) {
    this.unset = unset;
    this.meaning = meaning;
  }

  /** The name in YAML. */
  String key() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** The environment variable. */
  String variable() {
    return "INMESH_" + name();
  }

  /** The value if nothing is set; null: none. */
  @Nullable String unset() {
    return unset;
  }

  /** For people. */
  String meaning() {
    return meaning;
  }
}

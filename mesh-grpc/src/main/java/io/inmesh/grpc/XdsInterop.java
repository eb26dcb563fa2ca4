package io.inmesh.grpc;

import io.inmesh.MeshConfig;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/**
 * Lets gRPC's own xDS support ({@code xds:///} targets, {@code XdsServerBuilder}), in any language,
 * use the mesh's control server. Such clients have the features of stock gRPC only; they have their
 * own streams to the control server and share nothing with {@link io.inmesh.Mesh}. Stateless.
 *
 * <p>Targets are {@code xds:///<fqdn>:<port>}. The format is that of gRFC A27 and A36.
 */
public final class XdsInterop {
  private XdsInterop() {}

  /**
   * The bootstrap for the environment variable {@code GRPC_XDS_BOOTSTRAP_CONFIG}, or the file that
   * {@code GRPC_XDS_BOOTSTRAP} names.
   *
   * @throws IllegalArgumentException if the configuration is not insecure: stock gRPC cannot
   *     present this process's certificate to the control server
   */
  public static String bootstrapJson(MeshConfig config) {
    return JsonMapper.shared().writeValueAsString(bootstrap(config));
  }

  /**
   * The same as a map, as grpc-java's {@code XdsServerBuilder.overrideBootstrapForTest} and {@code
   * XdsNameResolverProvider.createForTest} take it.
   *
   * @throws IllegalArgumentException if the configuration is not insecure
   */
  public static Map<String, Object> bootstrap(MeshConfig config) {
    if (!config.insecure()) {
      throw new IllegalArgumentException(
          "a bootstrap for stock gRPC is possible with insecure=true only: it cannot present this"
              + " process's certificate to the control server");
    }
    Map<String, Object> node = new LinkedHashMap<>();
    // Its own id: the control server keeps one state per node.
    node.put("id", config.service() + "." + config.namespace() + "/" + config.instance() + "-xds");
    node.put("cluster", config.service());
    // Without inmesh.version: what only our library reads is not sent.
    node.put("metadata", Map.of("NAMESPACE", config.namespace(), "LABELS", config.labels()));
    node.put(
        "locality",
        Map.of(
            "region", config.locality().region(),
            "zone", config.locality().zone(),
            "sub_zone", config.locality().subzone()));
    Map<String, Object> bootstrap = new LinkedHashMap<>();
    bootstrap.put(
        "xds_servers",
        List.of(
            Map.of(
                "server_uri", config.controlServer(),
                "channel_creds", List.of(Map.of("type", "insecure")),
                "server_features", List.of("xds_v3"))));
    bootstrap.put("node", node);
    bootstrap.put("server_listener_resource_name_template", "inmesh/server?listener=%s");
    bootstrap.put("client_default_listener_resource_name_template", "%s");
    return bootstrap;
  }
}

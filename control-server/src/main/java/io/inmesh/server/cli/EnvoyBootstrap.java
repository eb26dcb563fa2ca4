package io.inmesh.server.cli;

import io.inmesh.server.compile.EnvoyInbound;
import io.inmesh.server.compile.EnvoyRoutes;
import io.inmesh.server.compile.EnvoySecrets;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The bootstrap of an Envoy beside an application: listeners are its own, because only it knows its
 * ports; routes, clusters and endpoints come from the control server over ADS. JSON in the form of
 * {@code envoy.config.bootstrap.v3.Bootstrap}.
 */
public final class EnvoyBootstrap {
  private static final JsonMapper JSON = new JsonMapper();
  private static final String CONTROL = "inmesh-control";
  private static final String HTTP2 = "http2_protocol_options";
  private static final String TYPES = "type.googleapis.com/envoy.extensions.";

  private final ObjectNode root = JSON.createObjectNode();
  private final ArrayNode clusters;
  private final ArrayNode listeners;
  private final ObjectNode control;
  private @Nullable EnvoyTls tls;

  /**
   * An Envoy that serves nothing yet.
   *
   * @param control the control server's xDS address
   * @param delta whether it speaks incremental xDS
   */
  public EnvoyBootstrap(
      InetSocketAddress control, String service, String namespace, String instance, boolean delta) {
    ObjectNode node = root.putObject("node");
    node.put("id", service + "." + namespace + "/" + instance);
    node.put("cluster", service);
    node.putObject("metadata").put("NAMESPACE", namespace);
    ObjectNode dynamic = root.putObject("dynamic_resources");
    ObjectNode ads = dynamic.putObject("ads_config");
    ads.put("api_type", delta ? "DELTA_GRPC" : "GRPC");
    ads.put("transport_api_version", "V3");
    ads.putArray("grpc_services").addObject().putObject("envoy_grpc").put("cluster_name", CONTROL);
    fromAds(dynamic.putObject("cds_config"));
    ObjectNode fixed = root.putObject("static_resources");
    clusters = fixed.putArray("clusters");
    listeners = fixed.putArray("listeners");
    this.control = cluster(CONTROL, control);
    protocol(this.control, "explicit_http_config", HTTP2);
  }

  /** Adds a label of the application, by which policies choose workloads. */
  public EnvoyBootstrap label(String name, String value) {
    ObjectNode metadata = (ObjectNode) root.get("node").get("metadata");
    metadata.withObject("LABELS").put(name, value);
    return this;
  }

  /**
   * Speaks mutual TLS, with the control server as well; to be said before {@link #inbound}.
   *
   * @param trustDomain whose identities are believed
   * @param agent the socket of {@link EnvoyAgent}, or of another agent that hands out secrets
   */
  public EnvoyBootstrap identity(String trustDomain, Path agent) {
    EnvoyTls secured = new EnvoyTls(trustDomain);
    tls = secured;
    control.set("transport_socket", secured.toControlServer());
    ObjectNode secrets = cluster(EnvoySecrets.AGENT);
    endpoint(secrets, EnvoySecrets.AGENT)
        .putObject("pipe")
        .put("path", agent.toAbsolutePath().toString());
    protocol(secrets, "explicit_http_config", HTTP2);
    return this;
  }

  /** Serves the application's requests to the mesh; the Host header says to whom. */
  public EnvoyBootstrap outbound(InetSocketAddress address) {
    ObjectNode rds = manager("outbound", address).putObject("rds");
    rds.put("route_config_name", EnvoyRoutes.NAME);
    fromAds(rds.putObject("config_source"));
    return this;
  }

  /**
   * Serves the mesh's requests to the application: those that the control server's policies allow,
   * and with an identity those alone that come over mutual TLS.
   */
  public EnvoyBootstrap inbound(InetSocketAddress address, InetSocketAddress app) {
    ObjectNode manager = manager("inbound", address);
    if (tls != null) {
      ObjectNode chain =
          (ObjectNode) listeners.get(listeners.size() - 1).get("filter_chains").get(0);
      chain.set("transport_socket", tls.fromPeers());
    }
    ObjectNode rds = manager.putObject("rds");
    rds.put("route_config_name", EnvoyInbound.NAME);
    fromAds(rds.putObject("config_source"));
    manager.put("normalize_path", true);
    ArrayNode filters = (ArrayNode) manager.get("http_filters");
    for (int i = 0; i < EnvoyInbound.FILTERS.size(); i++) {
      ObjectNode filter = filters.insertObject(i).put("name", EnvoyInbound.FILTERS.get(i));
      filter.putObject("typed_config").put("@type", TYPES + "filters.http.rbac.v3.RBAC");
    }
    protocol(cluster(EnvoyInbound.APP, app), "use_downstream_protocol_config", HTTP2);
    return this;
  }

  /** The text. */
  public String json() {
    return root.toPrettyString();
  }

  private static void fromAds(ObjectNode source) {
    source.putObject("ads");
    source.put("resource_api_version", "V3");
  }

  private ObjectNode cluster(String name, InetSocketAddress address) {
    ObjectNode cluster = cluster(name);
    socket(endpoint(cluster, name), address);
    return cluster;
  }

  private ObjectNode cluster(String name) {
    return clusters
        .addObject()
        .put("name", name)
        .put("type", "STATIC")
        .put("connect_timeout", "5s");
  }

  /** The address of the only endpoint. */
  private static ObjectNode endpoint(ObjectNode cluster, String name) {
    ObjectNode assignment = cluster.putObject("load_assignment").put("cluster_name", name);
    return assignment
        .putArray("endpoints")
        .addObject()
        .putArray("lb_endpoints")
        .addObject()
        .putObject("endpoint")
        .putObject("address");
  }

  private static void protocol(ObjectNode cluster, String choice, String options) {
    ObjectNode protocol =
        cluster
            .putObject("typed_extension_protocol_options")
            .putObject("envoy.extensions.upstreams.http.v3.HttpProtocolOptions");
    protocol.put("@type", TYPES + "upstreams.http.v3.HttpProtocolOptions");
    protocol.putObject(choice).putObject(options);
  }

  private ObjectNode manager(String name, InetSocketAddress address) {
    ObjectNode listener = listeners.addObject().put("name", name);
    socket(listener.putObject("address"), address);
    ObjectNode filter =
        listener.putArray("filter_chains").addObject().putArray("filters").addObject();
    filter.put("name", "envoy.filters.network.http_connection_manager");
    ObjectNode manager = filter.putObject("typed_config");
    manager.put(
        "@type", TYPES + "filters.network.http_connection_manager.v3.HttpConnectionManager");
    manager.put("stat_prefix", name).put("codec_type", "AUTO");
    ObjectNode router = manager.putArray("http_filters").addObject();
    router.put("name", "envoy.filters.http.router");
    router.putObject("typed_config").put("@type", TYPES + "filters.http.router.v3.Router");
    return manager;
  }

  private static void socket(ObjectNode address, InetSocketAddress at) {
    address
        .putObject("socket_address")
        .put("address", at.getAddress().getHostAddress())
        .put("port_value", at.getPort());
  }
}

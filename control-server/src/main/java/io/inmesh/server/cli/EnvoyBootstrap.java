package io.inmesh.server.cli;

import io.inmesh.server.compile.EnvoyRoutes;
import java.net.InetSocketAddress;
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
  private static final String APP = "inmesh-app";
  private static final String TYPES = "type.googleapis.com/envoy.extensions.";

  private final ObjectNode root = JSON.createObjectNode();
  private final ArrayNode clusters;
  private final ArrayNode listeners;

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
    protocol(cluster(CONTROL, control), "explicit_http_config", "http2_protocol_options");
  }

  /** Serves the application's requests to the mesh; the Host header says to whom. */
  public EnvoyBootstrap outbound(InetSocketAddress address) {
    ObjectNode rds = manager("outbound", address).putObject("rds");
    rds.put("route_config_name", EnvoyRoutes.NAME);
    fromAds(rds.putObject("config_source"));
    return this;
  }

  /** Serves the mesh's requests to the application. */
  public EnvoyBootstrap inbound(InetSocketAddress address, InetSocketAddress app) {
    ObjectNode host =
        manager("inbound", address).putObject("route_config").putArray("virtual_hosts").addObject();
    host.put("name", "inbound").putArray("domains").add("*");
    ObjectNode route = host.putArray("routes").addObject();
    route.putObject("match").put("prefix", "/");
    route.putObject("route").put("cluster", APP).put("timeout", "0s");
    protocol(cluster(APP, app), "use_downstream_protocol_config", "http2_protocol_options");
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
    ObjectNode cluster = clusters.addObject();
    cluster.put("name", name).put("type", "STATIC").put("connect_timeout", "5s");
    ObjectNode assignment = cluster.putObject("load_assignment").put("cluster_name", name);
    socket(
        assignment
            .putArray("endpoints")
            .addObject()
            .putArray("lb_endpoints")
            .addObject()
            .putObject("endpoint"),
        address);
    return cluster;
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
    socket(listener, address);
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

  private static void socket(ObjectNode owner, InetSocketAddress address) {
    owner
        .putObject("address")
        .putObject("socket_address")
        .put("address", address.getAddress().getHostAddress())
        .put("port_value", address.getPort());
  }
}

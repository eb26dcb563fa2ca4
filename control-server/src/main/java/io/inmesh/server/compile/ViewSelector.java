package io.inmesh.server.compile;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.inmesh.model.Locality;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Which variants of resources a client gets. Depends only on what the client says of itself when
 * its stream begins; views distinguish dialects, they protect nothing.
 */
public final class ViewSelector {
  /** The namespace of clients that do not say. */
  static final String DEFAULT_NAMESPACE = "default";

  private ViewSelector() {}

  /** The views to look at for a resource, in this order; the first that has it wins. */
  public static List<View> views(Node node) {
    var locality = node.getLocality();
    return View.lookupOrder(
        clients(node),
        workload(node),
        new Locality(locality.getRegion(), locality.getZone(), locality.getSubZone()));
  }

  /** By {@code inmesh.version} in the metadata, else by the user agent; gRPC if in doubt. */
  public static CapabilityClass clients(Node node) {
    if (!text(node, "inmesh.version").isEmpty()) {
      return CapabilityClass.INMESH;
    }
    return node.getUserAgentName().toLowerCase(Locale.ROOT).startsWith("envoy")
        ? CapabilityClass.ENVOY
        : CapabilityClass.GRPC;
  }

  /**
   * By {@code NAMESPACE} in the metadata, else by the id: {@code <service>.<namespace>/<instance>},
   * or Istio's {@code type~address~name.namespace~domain}.
   */
  public static String namespace(Node node) {
    String declared = text(node, "NAMESPACE");
    if (!declared.isEmpty()) {
      return declared;
    }
    String named = namespace(node.getId());
    return named.isEmpty() ? DEFAULT_NAMESPACE : named;
  }

  /** The namespace in a node's id of our form or Istio's; empty: there is none. */
  public static String namespace(String id) {
    String[] istio = id.split("~", -1);
    String name = istio.length == 4 ? istio[2] : named(id);
    int dot = name.indexOf('.');
    return dot < 0 ? "" : name.substring(dot + 1);
  }

  /** The service in a node's id of our form; empty: there is none. */
  public static String service(String id) {
    String name = named(id);
    return name.substring(0, Math.max(0, name.indexOf('.')));
  }

  /** What comes before the instance. */
  private static String named(String id) {
    return id.substring(0, Math.max(0, id.indexOf('/')));
  }

  /** By namespace, cluster, and {@code LABELS} in the metadata. */
  public static Workload workload(Node node) {
    SortedMap<String, String> labels = new TreeMap<>();
    node.getMetadata()
        .getFieldsOrDefault("LABELS", Value.getDefaultInstance())
        .getStructValue()
        .getFieldsMap()
        .forEach((name, value) -> labels.put(name, value.getStringValue()));
    return new Workload(namespace(node), node.getCluster(), labels);
  }

  private static String text(Node node, String key) {
    Struct metadata = node.getMetadata();
    Value value = metadata.getFieldsOrDefault(key, Value.getDefaultInstance());
    return value.getStringValue();
  }
}

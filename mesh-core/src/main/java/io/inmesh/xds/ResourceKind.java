package io.inmesh.xds;

import com.google.protobuf.Message;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.inmesh.model.RouteConfig;
import java.util.List;

/**
 * A type of resource and how it is decoded.
 *
 * @param <T> what it is decoded to
 */
final class ResourceKind<T> {
  /** Decodes one message. */
  @FunctionalInterface
  interface Decoder<M, T> {
    T decode(M message, Decoding decoding) throws Rejection;
  }

  static final ResourceKind<ListenerResource> LISTENER =
      of(
          "LDS",
          "envoy.config.listener.v3.Listener",
          true,
          Listener.getDefaultInstance(),
          ListenerDecoder::decode,
          Listener::getName);
  static final ResourceKind<RouteConfig> ROUTES =
      of(
          "RDS",
          "envoy.config.route.v3.RouteConfiguration",
          false,
          RouteConfiguration.getDefaultInstance(),
          RouteDecoder::decode,
          RouteConfiguration::getName);
  static final ResourceKind<ClusterResource> CLUSTER =
      of(
          "CDS",
          "envoy.config.cluster.v3.Cluster",
          true,
          Cluster.getDefaultInstance(),
          ClusterDecoder::decode,
          Cluster::getName);
  static final ResourceKind<EndpointsResource> ENDPOINTS =
      of(
          "EDS",
          "envoy.config.endpoint.v3.ClusterLoadAssignment",
          false,
          ClusterLoadAssignment.getDefaultInstance(),
          EndpointsDecoder::decode,
          ClusterLoadAssignment::getClusterName);

  /** In the order in which trees grow. */
  static final List<ResourceKind<?>> ALL = List.of(LISTENER, ROUTES, CLUSTER, ENDPOINTS);

  /** Reads a resource's name. */
  @FunctionalInterface
  private interface Naming<M> {
    String name(M message);
  }

  private final String label;
  private final String typeUrl;
  private final boolean fullState;
  private final Message prototype;
  private final Decoder<Message, T> decoder;
  private final Naming<Message> naming;

  private ResourceKind(
      String label,
      String type,
      boolean fullState,
      Message prototype,
      Decoder<Message, T> decoder,
      Naming<Message> naming) {
    this.label = label;
    typeUrl = "type.googleapis.com/" + type;
    this.fullState = fullState;
    this.prototype = prototype;
    this.decoder = decoder;
    this.naming = naming;
  }

  @SuppressWarnings("unchecked") // the cast is to the prototype's own class
  private static <M extends Message, T> ResourceKind<T> of(
      String label,
      String type,
      boolean fullState,
      M prototype,
      Decoder<M, T> decoder,
      Naming<M> naming) {
    return new ResourceKind<>(
        label,
        type,
        fullState,
        prototype,
        (message, decoding) -> decoder.decode((M) message, decoding),
        message -> naming.name((M) message));
  }

  /** {@code LDS}, {@code RDS}, {@code CDS} or {@code EDS}. */
  String label() {
    return label;
  }

  /** Whether a response without a resource means that it is gone. */
  boolean fullState() {
    return fullState;
  }

  /** {@code type.googleapis.com/…}. */
  String typeUrl() {
    return typeUrl;
  }

  /** The class of the message. */
  Class<? extends Message> messageType() {
    return prototype.getClass();
  }

  /** An empty message of this type. */
  Message prototype() {
    return prototype;
  }

  /** The name inside a message. */
  String nameOf(Message message) {
    return naming.name(message);
  }

  /** Decodes a message of this type; throws nothing but a rejection. */
  Decoded<T> decode(Message message, KnownFilters filters) throws Rejection {
    Decoding decoding = new Decoding(filters);
    try {
      T value = decoder.decode(message, decoding);
      return new Decoded<>(value, decoding.remarks());
    } catch (RuntimeException | StackOverflowError e) {
      throw new Rejection(FieldPath.ROOT, "could not be decoded: " + e);
    }
  }

  @Override
  public String toString() {
    return label;
  }
}

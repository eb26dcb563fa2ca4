package io.inmesh.xds;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.rpc.Code;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.Resource;
import io.envoyproxy.envoy.service.discovery.v3.ResourceError;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A response, decoded. That needs no state and may take long, so it happens on the stream's own
 * thread; what comes of it is for the control loop.
 *
 * @param kind of all its resources
 * @param version of the accepted ones
 * @param nonce to be named in the answer
 * @param resources by name
 * @param missing names that the control server says do not exist, and what it says of them
 * @param errors what could not be read and therefore has no name
 */
record AdsResponse<T>(
    ResourceKind<T> kind,
    String version,
    String nonce,
    Map<String, Outcome<T>> resources,
    Map<String, String> missing,
    List<String> errors) {
  private static final String WRAPPER = "type.googleapis.com/envoy.service.discovery.v3.Resource";

  /**
   * What became of a resource.
   *
   * @param accepted what it means; null: it is rejected
   * @param rejection why; null: it is accepted
   * @param source as it was sent
   */
  record Outcome<T>(@Nullable Decoded<T> accepted, @Nullable Rejection rejection, Any source) {}

  /** Decodes; never throws. */
  static <T> AdsResponse<T> of(
      ResourceKind<T> kind, DiscoveryResponse response, KnownFilters filters) {
    Map<String, Outcome<T>> resources = new LinkedHashMap<>();
    List<String> errors = new ArrayList<>();
    for (int i = 0; i < response.getResourcesCount(); i++) {
      try {
        Any source = unwrapped(response.getResources(i));
        Message message = message(kind, source);
        String name = kind.nameOf(message);
        resources.put(name, outcome(kind, message, source, filters));
      } catch (InvalidProtocolBufferException e) {
        errors.add(kind + " resource " + i + " cannot be read: " + e.getMessage());
      }
    }
    Map<String, String> missing = new HashMap<>();
    for (ResourceError error : response.getResourceErrorsList()) {
      if (error.getErrorDetail().getCode() == Code.NOT_FOUND_VALUE) {
        missing.put(error.getResourceName().getName(), error.getErrorDetail().getMessage());
      }
    }
    return new AdsResponse<>(
        kind, response.getVersionInfo(), response.getNonce(), resources, missing, errors);
  }

  private static Any unwrapped(Any sent) throws InvalidProtocolBufferException {
    return sent.getTypeUrl().equals(WRAPPER)
        ? Resource.parseFrom(sent.getValue()).getResource()
        : sent;
  }

  private static Message message(ResourceKind<?> kind, Any resource)
      throws InvalidProtocolBufferException {
    if (!resource.getTypeUrl().equals(kind.typeUrl())) {
      throw new InvalidProtocolBufferException(
          "it is a '" + resource.getTypeUrl() + "', not a " + kind.typeUrl());
    }
    return kind.prototype().getParserForType().parseFrom(resource.getValue());
  }

  private static <T> Outcome<T> outcome(
      ResourceKind<T> kind, Message message, Any source, KnownFilters filters) {
    try {
      return new Outcome<>(kind.decode(message, filters), null, source);
    } catch (Rejection rejection) {
      return new Outcome<>(null, rejection, source);
    }
  }

  /** The accepted resources, as they were sent. */
  Map<String, Any> sources() {
    Map<String, Any> sources = new LinkedHashMap<>();
    resources.forEach(
        (name, outcome) -> {
          if (outcome.accepted() != null) {
            sources.put(name, outcome.source());
          }
        });
    return sources;
  }

  /** Why the response is not acknowledged as a whole; empty: it is. */
  List<String> complaints() {
    List<String> all = new ArrayList<>(errors);
    resources.forEach(
        (name, outcome) -> {
          if (outcome.rejection() != null) {
            all.add(kind + " resource '" + name + "': " + outcome.rejection().getMessage());
          }
        });
    return all;
  }
}

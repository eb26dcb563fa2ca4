package io.inmesh.server.ads;

import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.grpc.Status;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The incremental variant: requests change the subscription step by step, so none may be ignored,
 * whatever its nonce; responses name each resource with its version, and what is gone.
 */
final class DeltaStream extends AdsStream {
  DeltaStream(
      AdsEnvironment env,
      long id,
      AdsOutbound outbound,
      Executor pool,
      Function<Node, Supplier<Status>> admission,
      Consumer<AdsStream> onClosed) {
    super(env, id, true, outbound, pool, admission, onClosed);
  }

  void request(InboundFrame<DeltaDiscoveryRequest> frame) {
    receive(frame, this::handle);
  }

  private void handle(DeltaDiscoveryRequest request) {
    if (!identify(request.hasNode(), request.getNode())) {
      return;
    }
    boolean first = subscriptions.find(request.getTypeUrl()) == null;
    TypeState type = typeOf(request.getTypeUrl());
    if (type == null
        || !acceptable(request.getResourceNamesSubscribeList())
        || !acceptable(request.getResourceNamesUnsubscribeList())
        || !acceptable(request.getInitialResourceVersionsMap().keySet())) {
      return;
    }
    if (!first && !request.getResponseNonce().isEmpty()) {
      answered(type, request);
    }
    boolean hadWildcard = type.wildcard();
    request.getResourceNamesUnsubscribeList().forEach(name -> drop(type, name));
    request.getResourceNamesSubscribeList().forEach(name -> add(type, name, first));
    if (first && request.getResourceNamesSubscribeCount() == 0 && type.fullState()) {
      subscriptions.setWildcard(type, true);
    }
    if (!acceptableTotal()) {
      return;
    }
    subscriptions.adoptLatest();
    if (first) {
      type.setOwed(type.subscribed());
      resume(type, request.getInitialResourceVersionsMap());
    }
    if (type.wildcard() && !hadWildcard) {
      subscriptions.markAllDirty(type);
    }
    flush();
  }

  private void answered(TypeState type, DeltaDiscoveryRequest request) {
    if (!type.isLastSent(request.getResponseNonce())) {
      env.metrics().expiredNonce(type.typeUrl());
    } else if (request.hasErrorDetail()) {
      settled(type, request.getErrorDetail());
    } else if (type.inFlight()) {
      settled(type, null);
    }
  }

  private void drop(TypeState type, String name) {
    if (name.equals(ResourceName.WILDCARD)) {
      subscriptions.setWildcard(type, false);
      return;
    }
    subscriptions.unsubscribe(type, name);
    if (type.wildcard()) {
      // The client forgets the resource, but it is still part of "everything".
      type.sent().put(name, EncodedResource.UNKNOWN);
      type.dirty().add(name);
    }
  }

  private void add(TypeState type, String name, boolean first) {
    if (name.equals(ResourceName.WILDCARD)) {
      type.markNamed();
      subscriptions.setWildcard(type, true);
      return;
    }
    subscriptions.subscribe(type, name);
    if (!first) {
      // The client may have forgotten what it had; asking again means sending again.
      type.sent().remove(name);
    }
  }

  /** Takes over what the client holds from before the stream. */
  private void resume(TypeState type, Map<String, String> versions) {
    boolean trusted = client().kind() != ClientKind.ENVOY || type.rank() != TypeUrl.RANK_ENDPOINTS;
    versions.forEach(
        (name, version) -> {
          if (type.wants(name)) {
            EncodedResource want = subscriptions.want(type, name);
            boolean current =
                trusted && want != EncodedResource.ABSENT && want.version().equals(version);
            type.sent().put(name, current ? want : EncodedResource.UNKNOWN);
            type.dirty().add(name);
          }
        });
  }
}

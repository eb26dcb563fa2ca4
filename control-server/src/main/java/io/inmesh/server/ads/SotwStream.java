package io.inmesh.server.ads;

import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The state-of-the-world variant: each request states the whole subscription of its type, and its
 * nonce says which response it answers.
 *
 * <p>The names of a request that lags behind (its nonce is not that of the last response, which is
 * still unanswered) are taken as well, since requests arrive in the order the client made them and
 * nothing is sent before the answer anyhow; the rest of it is ignored.
 */
final class SotwStream extends AdsStream {
  SotwStream(
      AdsEnvironment env,
      long id,
      AdsOutbound outbound,
      Executor pool,
      Function<Node, Supplier<Status>> admission,
      Consumer<AdsStream> onClosed) {
    super(env, id, false, outbound, pool, admission, onClosed);
  }

  void request(InboundFrame<DiscoveryRequest> frame) {
    receive(frame, this::handle);
  }

  private void handle(DiscoveryRequest request) {
    if (!identify(request.hasNode(), request.getNode())) {
      return;
    }
    boolean first = subscriptions.find(request.getTypeUrl()) == null;
    TypeState type = typeOf(request.getTypeUrl());
    if (type == null || !acceptable(request.getResourceNamesList())) {
      return;
    }
    if (!first && !answers(type, request)) {
      return;
    }
    boolean hadWildcard = type.wildcard();
    subscribeTo(type, request.getResourceNamesList());
    if (!acceptableTotal()) {
      return;
    }
    subscriptions.adoptLatest();
    if (type.wildcard() && !hadWildcard) {
      subscriptions.markAllDirty(type);
    }
    if (first && type.subscribed()) {
      type.setOwed(true);
      resume(type, request.getVersionInfo());
    }
    flush();
  }

  /** Takes the acknowledgement; false if the request is to be ignored altogether. */
  private boolean answers(TypeState type, DiscoveryRequest request) {
    String nonce = request.getResponseNonce();
    if (nonce.isEmpty()) {
      return true;
    }
    if (type.isLastSent(nonce)) {
      if (request.hasErrorDetail()) {
        settled(type, request.getErrorDetail());
      } else if (type.inFlight()) {
        settled(type, null);
      }
      return true;
    }
    env.metrics().expiredNonce(type.typeUrl());
    return type.inFlight();
  }

  private void subscribeTo(TypeState type, List<String> names) {
    boolean all =
        names.contains(ResourceName.WILDCARD)
            || (names.isEmpty() && type.fullState() && !type.everNamed());
    Set<String> wanted = new LinkedHashSet<>(names);
    wanted.remove(ResourceName.WILDCARD);
    if (!names.isEmpty()) {
      type.markNamed();
    }
    for (String name : wanted) {
      if (!type.names().contains(name)) {
        subscriptions.subscribe(type, name);
      }
    }
    subscriptions.setWildcard(type, all);
    if (type.names().size() > wanted.size()) {
      for (String name : new ArrayList<>(type.names())) {
        if (!wanted.contains(name)) {
          subscriptions.unsubscribe(type, name);
        }
      }
    }
  }

  /**
   * A client that reconnects with the current version of exactly this subscription holds everything
   * already, so it gets an empty response. Only where that says nothing (not for the types in which
   * absence means deletion), only for clients known to claim no more than they hold, and only
   * before the client has answered anything on this stream: later, the version may be a leftover of
   * resources the client has since dropped.
   */
  private void resume(TypeState type, String version) {
    if (version.isEmpty()
        || type.fullState()
        || type.wildcard()
        || settledAnything()
        || !client().kind().claimsWhatItHolds()) {
      return;
    }
    SentResources current = new SentResources();
    for (String name : type.names()) {
      EncodedResource want = subscriptions.want(type, name);
      if (want != EncodedResource.ABSENT) {
        current.put(name, want);
      }
    }
    if (version.equals(current.version())) {
      for (EncodedResource resource : current.resources()) {
        type.told(resource.name(), resource);
      }
    }
  }
}

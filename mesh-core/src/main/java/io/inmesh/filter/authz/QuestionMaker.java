package io.inmesh.filter.authz;

import io.inmesh.call.BodyStart;
import io.inmesh.call.Peer;
import io.inmesh.call.RequestHead;
import io.inmesh.filter.FilterCall;
import io.inmesh.match.TextTest;
import io.inmesh.model.AccessQuestion;
import io.inmesh.model.ExternalAuthorization;
import io.inmesh.model.StringMatch;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Puts into words what somebody who decides about requests is told. Immutable. */
final class QuestionMaker {
  /** Says whether the body goes on after what is shown of it (Envoy's). */
  private static final String PARTIAL = "x-envoy-auth-partial-body";

  private final ExternalAuthorization settings;
  private final TextTest @Nullable [] shown;

  /** Tells what the settings allow. */
  QuestionMaker(ExternalAuthorization settings) {
    List<StringMatch> shown = settings.shown();
    this.settings = settings;
    this.shown = shown == null ? null : shown.stream().map(TextTest::of).toArray(TextTest[]::new);
  }

  /**
   * The question about a call.
   *
   * @param start of its body; null: not shown
   */
  AccessQuestion about(FilterCall call, @Nullable BodyStart start) {
    RequestHead head = call.request();
    Peer peer = call.peer();
    Map<String, String> headers = new HashMap<>();
    head.headers()
        .forEach(
            (name, value) -> {
              if (isShown(name)) {
                headers.merge(name, value, (before, next) -> before + "," + next);
              }
            });
    AccessQuestion.Body body = null;
    if (start != null && settings.body() != null) {
      headers.put(PARTIAL, String.valueOf(!start.whole()));
      body = new AccessQuestion.Body(start.bytes(), settings.body().asBytes());
    }
    return new AccessQuestion(
        head.method(),
        peer != null && peer.secure() ? "https" : "http",
        head.authority(),
        head.path(),
        head.kind() == RequestHead.Kind.GRPC ? "HTTP/2" : "HTTP/1.1",
        headers,
        peer != null && peer.address() instanceof InetSocketAddress from ? from : null,
        peer == null || peer.identity() == null ? "" : peer.identity().toString(),
        peer == null ? null : peer.local(),
        peer == null || peer.serverName() == null ? "" : peer.serverName(),
        body);
  }

  private boolean isShown(String name) {
    if (shown == null) {
      return true;
    }
    for (TextTest test : shown) {
      if (test.test(name)) {
        return true;
      }
    }
    return false;
  }
}

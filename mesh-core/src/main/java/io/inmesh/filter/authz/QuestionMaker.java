package io.inmesh.filter.authz;

import io.inmesh.call.Peer;
import io.inmesh.call.RequestHead;
import io.inmesh.filter.FilterCall;
import io.inmesh.match.TextTest;
import io.inmesh.model.AccessQuestion;
import io.inmesh.model.StringMatch;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Puts into words what somebody who decides about requests is told. Immutable. */
final class QuestionMaker {
  private final TextTest @Nullable [] shown;

  /**
   * Tells of some headers.
   *
   * @param shown null: all
   */
  QuestionMaker(@Nullable List<StringMatch> shown) {
    this.shown = shown == null ? null : shown.stream().map(TextTest::of).toArray(TextTest[]::new);
  }

  AccessQuestion about(FilterCall call) {
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
        peer == null || peer.serverName() == null ? "" : peer.serverName());
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

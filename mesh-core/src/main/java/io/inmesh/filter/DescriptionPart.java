package io.inmesh.filter;

import io.inmesh.call.Peer;
import io.inmesh.call.RequestHead;
import io.inmesh.model.LocalRateLimit.Action;
import io.inmesh.route.BareHead;
import io.inmesh.route.FieldTest;
import io.inmesh.route.QueryTest;
import java.net.InetSocketAddress;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One part of a request's description, compiled.
 *
 * @param key what it is called
 * @param optional whether the description may do without it
 * @param source its value; null or empty: none
 */
record DescriptionPart(
    String key, boolean optional, Function<FilterCall, @Nullable String> source) {
  @Nullable String value(FilterCall call) {
    return source.apply(call);
  }

  static DescriptionPart of(Action action) {
    if (action instanceof Action.Generic generic) {
      return new DescriptionPart(generic.key(), false, call -> generic.value());
    }
    if (action instanceof Action.Header header) {
      return new DescriptionPart(
          header.key(), header.skipIfAbsent(), call -> header(call.request(), header.header()));
    }
    if (action instanceof Action.Query query) {
      return new DescriptionPart(
          query.key(),
          query.skipIfAbsent(),
          call -> QueryTest.first(call.request().path(), query.parameter()));
    }
    if (action instanceof Action.HeaderMatches matches) {
      FieldTest[] tests = FieldTest.all(matches.headers());
      return new DescriptionPart(
          matches.key(),
          false,
          call -> matches(tests, matches.expect(), call.request()) ? matches.value() : null);
    }
    if (action instanceof Action.RemoteAddress) {
      return new DescriptionPart(action.key(), false, call -> address(call.peer()));
    }
    return new DescriptionPart(action.key(), false, call -> identity(call.peer()));
  }

  /** As it was sent, or in the letters that applications read: policies may name either. */
  private static boolean matches(FieldTest[] tests, boolean expect, RequestHead request) {
    RequestHead bare = BareHead.of(request);
    return all(tests, bare) == expect || (bare != request && all(tests, request) == expect);
  }

  private static boolean all(FieldTest[] tests, RequestHead request) {
    for (FieldTest test : tests) {
      if (!test.test(request)) {
        return false;
      }
    }
    return true;
  }

  private static @Nullable String header(RequestHead request, String name) {
    return switch (name) {
      case ":method" -> request.method();
      case ":path" -> BareHead.of(request).path();
      case ":authority" -> request.authority();
      default -> request.headers().get(name);
    };
  }

  private static @Nullable String identity(@Nullable Peer peer) {
    return peer == null || peer.identity() == null ? address(peer) : peer.identity().toString();
  }

  private static @Nullable String address(@Nullable Peer peer) {
    return peer != null
            && peer.address() instanceof InetSocketAddress address
            && address.getAddress() != null
        ? address.getAddress().getHostAddress()
        : null;
  }
}

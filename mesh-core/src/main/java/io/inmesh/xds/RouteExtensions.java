package io.inmesh.xds;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import io.envoyproxy.envoy.config.route.v3.FilterConfig;
import io.inmesh.wire.route.v1.FixedStatus;
import io.inmesh.wire.route.v1.RetrySafety;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Our own extensions of routes, which our control server sends as optional entries of {@code
 * typed_per_filter_config}, where other clients skip them.
 */
final class RouteExtensions {
  private RouteExtensions() {}

  /** Whether an entry is one of them and therefore no filter. */
  static boolean isOne(Any any) {
    Any inner = unwrapped(any);
    return inner != null
        && (MessageTypes.is(inner, FixedStatus.class)
            || MessageTypes.is(inner, RetrySafety.class)
            || MessageTypes.is(inner, io.inmesh.wire.route.v1.CallPolicy.class));
  }

  /** The status a share is answered with; 0: none. */
  static int fixedStatus(Map<String, Any> configs, FieldPath path) throws Rejection {
    for (Map.Entry<String, Any> entry : configs.entrySet()) {
      Any inner = unwrapped(entry.getValue());
      if (inner != null && MessageTypes.is(inner, FixedStatus.class)) {
        FieldPath at = path.key("typed_per_filter_config", entry.getKey());
        try {
          int status = MessageTypes.unpack(inner, FixedStatus.class).getHttpStatus();
          if (status < 200 || status > 599) {
            throw new Rejection(at.field("http_status"), "must be from 200 to 599");
          }
          return status;
        } catch (InvalidProtocolBufferException e) {
          throw new Rejection(at, "cannot be read as FixedStatus");
        }
      }
    }
    return 0;
  }

  /** What is said about retries of a route besides Envoy's policy. */
  static RetrySafety retries(Map<String, Any> configs, FieldPath path) throws Rejection {
    for (Map.Entry<String, Any> entry : configs.entrySet()) {
      Any inner = unwrapped(entry.getValue());
      if (inner != null && MessageTypes.is(inner, RetrySafety.class)) {
        try {
          return MessageTypes.unpack(inner, RetrySafety.class);
        } catch (InvalidProtocolBufferException e) {
          throw new Rejection(
              path.key("typed_per_filter_config", entry.getKey()), "cannot be read as RetrySafety");
        }
      }
    }
    return RetrySafety.getDefaultInstance();
  }

  /** An entry without the wrapper that makes it optional; null if that cannot be read. */
  static @Nullable Any unwrapped(Any any) {
    if (!MessageTypes.is(any, FilterConfig.class)) {
      return any;
    }
    try {
      return MessageTypes.unpack(any, FilterConfig.class).getConfig();
    } catch (InvalidProtocolBufferException e) {
      return null;
    }
  }
}

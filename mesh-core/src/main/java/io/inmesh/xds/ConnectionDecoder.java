package io.inmesh.xds;

import com.google.protobuf.DoubleValue;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.Http2ProtocolOptions;
import io.envoyproxy.envoy.config.core.v3.KeepaliveSettings;
import io.envoyproxy.envoy.config.core.v3.TcpKeepalive;
import io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions;
import io.inmesh.model.ConnectionPolicy;
import io.inmesh.model.ConnectionPolicy.Ping;
import io.inmesh.model.ConnectionPolicy.Preconnect;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** How long connections live; the defaults are Envoy's. */
final class ConnectionDecoder {
  private static final double MAX_PRECONNECT = 3;

  private ConnectionDecoder() {}

  /**
   * Decodes.
   *
   * @param options the cluster's; empty if it has none
   */
  static ConnectionPolicy decode(
      Cluster cluster, HttpProtocolOptions options, Decoding decoding, FieldPath root)
      throws Rejection {
    var common = options.getCommonHttpProtocolOptions();
    FieldPath path = root.field("common_http_protocol_options");
    Http2ProtocolOptions http2 = options.getExplicitHttpConfig().getHttp2ProtocolOptions();
    return new ConnectionPolicy(
        common.hasIdleTimeout()
            ? decoding.duration(common.getIdleTimeout(), path.field("idle_timeout"))
            : ConnectionPolicy.DEFAULT.idleTimeout(),
        decoding.optional(
            common.hasMaxConnectionDuration(),
            common.getMaxConnectionDuration(),
            path.field("max_connection_duration")),
        decoding.saturated(
            common.hasMaxRequestsPerConnection(), common.getMaxRequestsPerConnection(), 0),
        decoding.saturated(http2.hasMaxConcurrentStreams(), http2.getMaxConcurrentStreams(), 0),
        cluster.getUpstreamConnectionOptions().hasTcpKeepalive()
            ? tcp(cluster.getUpstreamConnectionOptions().getTcpKeepalive(), decoding)
            : null,
        http2.hasConnectionKeepalive()
            ? ping(http2.getConnectionKeepalive(), decoding, root)
            : null,
        preconnect(cluster, root));
  }

  private static ConnectionPolicy.TcpKeepAlive tcp(TcpKeepalive proto, Decoding decoding) {
    return new ConnectionPolicy.TcpKeepAlive(
        decoding.saturated(proto.hasKeepaliveProbes(), proto.getKeepaliveProbes(), 0),
        proto.hasKeepaliveTime()
            ? Duration.ofSeconds(Integer.toUnsignedLong(proto.getKeepaliveTime().getValue()))
            : null,
        proto.hasKeepaliveInterval()
            ? Duration.ofSeconds(Integer.toUnsignedLong(proto.getKeepaliveInterval().getValue()))
            : null);
  }

  private static @Nullable Ping ping(KeepaliveSettings proto, Decoding decoding, FieldPath root)
      throws Rejection {
    FieldPath path = root.field("http2_protocol_options").field("connection_keepalive");
    if (!proto.hasInterval()) {
      return null;
    }
    Duration timeout = decoding.duration(proto.getTimeout(), path.field("timeout"));
    if (timeout.isZero()) {
      throw new Rejection(path.field("timeout"), "must be longer than zero");
    }
    return new Ping(decoding.duration(proto.getInterval(), path.field("interval")), timeout);
  }

  private static Preconnect preconnect(Cluster cluster, FieldPath root) throws Rejection {
    Cluster.PreconnectPolicy proto = cluster.getPreconnectPolicy();
    FieldPath path = root.field("preconnect_policy");
    return new Preconnect(
        ratio(
            proto.hasPerUpstreamPreconnectRatio(),
            proto.getPerUpstreamPreconnectRatio(),
            path.field("per_upstream_preconnect_ratio")),
        ratio(
            proto.hasPredictivePreconnectRatio(),
            proto.getPredictivePreconnectRatio(),
            path.field("predictive_preconnect_ratio")));
  }

  private static double ratio(boolean set, DoubleValue value, FieldPath path) throws Rejection {
    double ratio = set ? value.getValue() : 1;
    if (!(ratio >= 1 && ratio <= MAX_PRECONNECT)) {
      throw new Rejection(path, "must be from 1 to 3");
    }
    return ratio;
  }
}

package io.inmesh.server.compile;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.config.cluster.v3.CircuitBreakers;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.cluster.v3.UpstreamConnectionOptions;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.core.v3.Http1ProtocolOptions;
import io.envoyproxy.envoy.config.core.v3.Http2ProtocolOptions;
import io.envoyproxy.envoy.config.core.v3.KeepaliveSettings;
import io.envoyproxy.envoy.config.core.v3.SelfConfigSource;
import io.envoyproxy.envoy.config.core.v3.TcpKeepalive;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions;
import io.inmesh.server.config.CallRules;
import io.inmesh.server.config.TrafficPolicySpec;
import io.inmesh.server.config.TrafficPolicySpec.ConnectionPool;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What clusters, and listeners of servers, say about connections: protocol, limits, lifetime. */
final class ConnectionResources {
  private static final String PROTOCOL_OPTIONS =
      "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);

  private ConnectionResources() {}

  static void apply(@Nullable ConnectionPool pool, Protocol protocol, Cluster.Builder cluster) {
    boolean http2 = protocol.http2();
    if (pool != null && pool.http2() != null && protocol == Protocol.HTTP1) {
      http2 = pool.http2();
    }
    cluster.putTypedExtensionProtocolOptions(
        PROTOCOL_OPTIONS, Any.pack(protocolOptions(pool, http2, protocol)));
    cluster.setConnectTimeout(
        Protos.duration(
            pool == null || pool.connectTimeout() == null
                ? CONNECT_TIMEOUT
                : pool.connectTimeout()));
    if (pool == null) {
      return;
    }
    CircuitBreakers.Thresholds thresholds = thresholds(pool);
    if (!thresholds.equals(CircuitBreakers.Thresholds.getDefaultInstance())) {
      // Stock gRPC counts requests only where it reports load.
      cluster
          .setCircuitBreakers(CircuitBreakers.newBuilder().addThresholds(thresholds))
          .setLrsServer(ConfigSource.newBuilder().setSelf(SelfConfigSource.getDefaultInstance()));
    }
    if (pool.tcpKeepalive() != null) {
      cluster.setUpstreamConnectionOptions(
          UpstreamConnectionOptions.newBuilder().setTcpKeepalive(keepalive(pool.tcpKeepalive())));
    }
  }

  /**
   * What the listener of a server says about the connections that it accepts: the policies of the
   * services there; of several that say something, the first counts.
   */
  static void apply(List<CallRules> policies, HttpConnectionManager.Builder manager) {
    for (CallRules policy : policies) {
      if (policy.connections() != null) {
        apply(policy.connections(), manager);
        return;
      }
    }
  }

  private static void apply(CallRules.Connections limits, HttpConnectionManager.Builder manager) {
    var common = io.envoyproxy.envoy.config.core.v3.HttpProtocolOptions.newBuilder();
    if (limits.idleTimeout() != null) {
      common.setIdleTimeout(Protos.duration(limits.idleTimeout()));
    }
    if (limits.maxDuration() != null) {
      common.setMaxConnectionDuration(Protos.duration(limits.maxDuration()));
    }
    manager.setCommonHttpProtocolOptions(common);
    if (limits.maxConcurrentStreams() > 0) {
      manager.setHttp2ProtocolOptions(
          Http2ProtocolOptions.newBuilder()
              .setMaxConcurrentStreams(Protos.uint(limits.maxConcurrentStreams())));
    }
    if (limits.headersTimeout() != null) {
      manager.setRequestHeadersTimeout(Protos.duration(limits.headersTimeout()));
    }
    if (limits.requestTimeout() != null) {
      manager.setRequestTimeout(Protos.duration(limits.requestTimeout()));
    }
    if (limits.streamIdleTimeout() != null) {
      manager.setStreamIdleTimeout(Protos.duration(limits.streamIdleTimeout()));
    }
  }

  private static CircuitBreakers.Thresholds thresholds(ConnectionPool pool) {
    CircuitBreakers.Thresholds.Builder thresholds = CircuitBreakers.Thresholds.newBuilder();
    if (pool.maxConnections() > 0) {
      thresholds.setMaxConnections(Protos.uint(pool.maxConnections()));
    }
    if (pool.maxPendingRequests() > 0) {
      thresholds.setMaxPendingRequests(Protos.uint(pool.maxPendingRequests()));
    }
    if (pool.maxRequests() > 0) {
      thresholds.setMaxRequests(Protos.uint(pool.maxRequests()));
    }
    if (pool.maxRetries() != null) {
      thresholds.setMaxRetries(Protos.uint(pool.maxRetries()));
    }
    return thresholds.build();
  }

  private static HttpProtocolOptions protocolOptions(
      @Nullable ConnectionPool pool, boolean http2, Protocol protocol) {
    HttpProtocolOptions.ExplicitHttpConfig.Builder explicit =
        HttpProtocolOptions.ExplicitHttpConfig.newBuilder();
    if (http2) {
      explicit.setHttp2ProtocolOptions(http2Options(pool));
    } else {
      explicit.setHttpProtocolOptions(Http1ProtocolOptions.getDefaultInstance());
    }
    HttpProtocolOptions.Builder options = HttpProtocolOptions.newBuilder();
    if (protocol == Protocol.HTTPS) {
      options.setAutoConfig(
          HttpProtocolOptions.AutoHttpConfig.newBuilder()
              .setHttpProtocolOptions(Http1ProtocolOptions.getDefaultInstance())
              .setHttp2ProtocolOptions(http2Options(pool)));
    } else {
      options.setExplicitHttpConfig(explicit);
    }
    if (pool != null) {
      var common = io.envoyproxy.envoy.config.core.v3.HttpProtocolOptions.newBuilder();
      if (pool.idleTimeout() != null) {
        common.setIdleTimeout(Protos.duration(pool.idleTimeout()));
      }
      if (pool.maxConnectionDuration() != null) {
        common.setMaxConnectionDuration(Protos.duration(pool.maxConnectionDuration()));
      }
      if (pool.maxRequestsPerConnection() > 0) {
        common.setMaxRequestsPerConnection(Protos.uint(pool.maxRequestsPerConnection()));
      }
      if (!common.build().equals(common.getDefaultInstanceForType())) {
        options.setCommonHttpProtocolOptions(common);
      }
    }
    return options.build();
  }

  private static Http2ProtocolOptions http2Options(@Nullable ConnectionPool pool) {
    Http2ProtocolOptions.Builder options = Http2ProtocolOptions.newBuilder();
    if (pool != null && pool.maxConcurrentStreams() > 0) {
      options.setMaxConcurrentStreams(Protos.uint(pool.maxConcurrentStreams()));
    }
    if (pool != null && pool.http2Keepalive() != null) {
      options.setConnectionKeepalive(
          KeepaliveSettings.newBuilder()
              .setInterval(Protos.duration(pool.http2Keepalive().interval()))
              .setTimeout(Protos.duration(pool.http2Keepalive().timeout())));
    }
    return options.build();
  }

  private static TcpKeepalive keepalive(TrafficPolicySpec.TcpKeepalive spec) {
    TcpKeepalive.Builder keepalive = TcpKeepalive.newBuilder();
    if (spec.probes() > 0) {
      keepalive.setKeepaliveProbes(Protos.uint(spec.probes()));
    }
    if (spec.time() != null) {
      keepalive.setKeepaliveTime(Protos.uint((int) spec.time().toSeconds()));
    }
    if (spec.interval() != null) {
      keepalive.setKeepaliveInterval(Protos.uint((int) spec.interval().toSeconds()));
    }
    return keepalive.build();
  }
}

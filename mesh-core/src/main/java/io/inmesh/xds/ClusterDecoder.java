package io.inmesh.xds;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.config.cluster.v3.CircuitBreakers.Thresholds;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.RoutingPriority;
import io.envoyproxy.envoy.extensions.clusters.aggregate.v3.ClusterConfig;
import io.envoyproxy.envoy.extensions.clusters.dns.v3.DnsCluster;
import io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions;
import io.inmesh.model.CircuitBreakers;
import io.inmesh.model.CircuitBreakers.Limits;
import io.inmesh.model.Cluster.Protocol;
import io.inmesh.model.RetryRatio;
import io.inmesh.wire.cluster.v1.RetryBudget;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Clusters. Where Envoy's and Istio's defaults differ, what is unset means what Istio would have
 * sent: 10 s to connect, no limits.
 */
final class ClusterDecoder {
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
  private static final String HTTP_OPTIONS =
      "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

  private ClusterDecoder() {}

  static ClusterResource decode(Cluster cluster, Decoding decoding) throws Rejection {
    FieldPath root = FieldPath.ROOT;
    decoding.audited(cluster, root);
    if (cluster.getName().isEmpty()) {
      throw new Rejection(root.field("name"), "is empty");
    }
    Duration connectTimeout = CONNECT_TIMEOUT;
    if (cluster.hasConnectTimeout()) {
      connectTimeout =
          decoding.duration(cluster.getConnectTimeout(), root.field("connect_timeout"));
      if (connectTimeout.isZero()) {
        throw new Rejection(root.field("connect_timeout"), "must be longer than zero");
      }
    }
    TlsDecoder.ClusterTls tls = new TlsDecoder(decoding).cluster(cluster, root);
    HttpProtocolOptions http = httpOptions(cluster, decoding, root);
    EndpointsExtension endpoints =
        EndpointsExtension.decode(cluster.getTypedExtensionProtocolOptionsMap(), decoding, root);
    return new ClusterResource(
        cluster.getName(),
        source(cluster, decoding, root),
        new BalancerDecoder(decoding).balancer(cluster, root).withSubset(endpoints.subsetSize()),
        connectTimeout,
        protocol(cluster, http, root),
        breakers(cluster, decoding, root),
        cluster.hasOutlierDetection()
            ? OutlierDecoder.decode(
                cluster.getOutlierDetection(), endpoints, decoding, root.field("outlier_detection"))
            : null,
        tls.policy(),
        tls.matches(),
        endpoints.accrual(),
        HealthCheckDecoder.decode(cluster.getHealthChecksList(), decoding, root),
        ConnectionDecoder.decode(cluster, http, decoding, root));
  }

  private static ClusterResource.Source source(Cluster cluster, Decoding decoding, FieldPath root)
      throws Rejection {
    if (cluster.hasClusterType()) {
      FieldPath path = root.field("cluster_type");
      Any any = cluster.getClusterType().getTypedConfig();
      if (MessageTypes.is(any, DnsCluster.class)) {
        FieldPath at = path.field("typed_config");
        return new DnsDecoder(decoding)
            .source(cluster, decoding.unpack(any, DnsCluster.class, at), root, at);
      }
      if (MessageTypes.is(
          any,
          io.envoyproxy.envoy.extensions.clusters.dynamic_forward_proxy.v3.ClusterConfig.class)) {
        return new DnsDecoder(decoding).dynamic(any, path.field("typed_config"));
      }
      if (!MessageTypes.is(any, ClusterConfig.class)) {
        throw new Rejection(path, "'" + cluster.getClusterType().getName() + "' is not supported");
      }
      ClusterConfig aggregate =
          decoding.unpack(any, ClusterConfig.class, path.field("typed_config"));
      if (aggregate.getClustersCount() == 0) {
        throw new Rejection(path.field("typed_config").field("clusters"), "is empty");
      }
      return new ClusterResource.Source.Aggregate(aggregate.getClustersList());
    }
    return switch (cluster.getType()) {
      case EDS -> {
        FieldPath path = root.field("eds_cluster_config");
        Cluster.EdsClusterConfig eds = cluster.getEdsClusterConfig();
        ConfigSources.requireAds(eds.hasEdsConfig(), eds.getEdsConfig(), path);
        yield new ClusterResource.Source.Eds(
            eds.getServiceName().isEmpty() ? cluster.getName() : eds.getServiceName());
      }
      case STATIC ->
          new ClusterResource.Source.Inline(
              EndpointsDecoder.inline(
                  cluster.getLoadAssignment(), false, decoding, root.field("load_assignment")));
      case ORIGINAL_DST -> new ClusterResource.Source.Dynamic(DnsPolicy.PASS_THROUGH);
      case STRICT_DNS, LOGICAL_DNS -> new DnsDecoder(decoding).byType(cluster, root);
      default -> throw new Rejection(root.field("type"), "is not supported");
    };
  }

  /** The options of HTTP; the default instance if there are none. */
  private static HttpProtocolOptions httpOptions(Cluster cluster, Decoding decoding, FieldPath root)
      throws Rejection {
    HttpProtocolOptions http = HttpProtocolOptions.getDefaultInstance();
    for (Map.Entry<String, Any> option : cluster.getTypedExtensionProtocolOptionsMap().entrySet()) {
      FieldPath path = root.key("typed_extension_protocol_options", option.getKey());
      if (option.getKey().equals(HTTP_OPTIONS)) {
        http = decoding.unpack(option.getValue(), HttpProtocolOptions.class, path);
      } else if (!MessageTypes.is(option.getValue(), RetryBudget.class)
          && !option.getKey().equals(EndpointsExtension.NAME)) {
        decoding.remark(path, "is not supported, no effect");
      }
    }
    return http;
  }

  @SuppressWarnings("deprecation")
  private static Protocol protocol(Cluster cluster, HttpProtocolOptions http, FieldPath root)
      throws Rejection {
    return switch (http.getUpstreamProtocolOptionsCase()) {
      case EXPLICIT_HTTP_CONFIG ->
          switch (http.getExplicitHttpConfig().getProtocolConfigCase()) {
            case HTTP2_PROTOCOL_OPTIONS -> Protocol.HTTP2;
            case HTTP_PROTOCOL_OPTIONS -> Protocol.HTTP1;
            default ->
                throw new Rejection(
                    root.key("typed_extension_protocol_options", HTTP_OPTIONS)
                        .field("explicit_http_config"),
                    "names no supported protocol");
          };
      case AUTO_CONFIG, USE_DOWNSTREAM_PROTOCOL_CONFIG -> Protocol.AUTO;
      case UPSTREAMPROTOCOLOPTIONS_NOT_SET ->
          cluster.hasHttp2ProtocolOptions() ? Protocol.HTTP2 : Protocol.HTTP1;
    };
  }

  private static CircuitBreakers breakers(Cluster cluster, Decoding decoding, FieldPath root)
      throws Rejection {
    Limits standard = Limits.NONE;
    Limits high = Limits.NONE;
    boolean standardSeen = false;
    boolean highSeen = false;
    for (int i = 0; i < cluster.getCircuitBreakers().getThresholdsCount(); i++) {
      Thresholds thresholds = cluster.getCircuitBreakers().getThresholds(i);
      FieldPath path = root.field("circuit_breakers").field("thresholds", i);
      // Of several for one priority the first counts, as in Envoy.
      if (thresholds.getPriority() == RoutingPriority.HIGH) {
        high = highSeen ? high : limits(thresholds, decoding, path);
        highSeen = true;
      } else {
        standard = standardSeen ? standard : limits(thresholds, decoding, path);
        standardSeen = true;
      }
    }
    RetryRatio ratio = RetryBudgetDecoder.of(cluster, decoding, root);
    return standardSeen || highSeen || ratio != null
        ? new CircuitBreakers(standard, high, ratio)
        : CircuitBreakers.NONE;
  }

  private static Limits limits(Thresholds thresholds, Decoding decoding, FieldPath path)
      throws Rejection {
    CircuitBreakers.@Nullable Budget budget = null;
    if (thresholds.hasRetryBudget()) {
      FieldPath at = path.field("retry_budget");
      double percent =
          thresholds.getRetryBudget().hasBudgetPercent()
              ? Percents.checked(
                  thresholds.getRetryBudget().getBudgetPercent().getValue(),
                  at.field("budget_percent"))
              : 20;
      budget =
          new CircuitBreakers.Budget(
              percent,
              decoding.saturated(
                  thresholds.getRetryBudget().hasMinRetryConcurrency(),
                  thresholds.getRetryBudget().getMinRetryConcurrency(),
                  3));
    }
    return new Limits(
        decoding.saturated(
            thresholds.hasMaxConnections(), thresholds.getMaxConnections(), Integer.MAX_VALUE),
        decoding.saturated(
            thresholds.hasMaxPendingRequests(),
            thresholds.getMaxPendingRequests(),
            Integer.MAX_VALUE),
        decoding.saturated(
            thresholds.hasMaxRequests(), thresholds.getMaxRequests(), Integer.MAX_VALUE),
        decoding.saturated(
            thresholds.hasMaxRetries(), thresholds.getMaxRetries(), Integer.MAX_VALUE),
        budget);
  }
}

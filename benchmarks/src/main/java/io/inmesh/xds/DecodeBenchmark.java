package io.inmesh.xds;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.config.core.v3.Address;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.Endpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.inmesh.model.RouteConfig;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * From the bytes of a resource to its model: parse, audit every field, decode. In the decoders'
 * package, because nobody else may call them.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class DecodeBenchmark {
  /** Endpoints, or routes, in the resource. */
  @Param({"10", "1000"})
  public int size;

  private final KnownFilters filters = new KnownFilters(Set.of());
  private byte[] endpoints = new byte[0];
  private byte[] routes = new byte[0];

  /** Encodes the resources. */
  @Setup
  public void encode() {
    LocalityLbEndpoints.Builder locality = LocalityLbEndpoints.newBuilder();
    VirtualHost.Builder host = VirtualHost.newBuilder().setName("orders").addDomains("*");
    for (int i = 0; i < size; i++) {
      locality.addLbEndpoints(endpoint(i));
      host.addRoutes(
          Route.newBuilder()
              .setName("route" + i)
              .setMatch(RouteMatch.newBuilder().setPathSeparatedPrefix("/api/v1/resource" + i))
              .setRoute(RouteAction.newBuilder().setCluster("outbound|80||orders.default")));
    }
    endpoints =
        ClusterLoadAssignment.newBuilder()
            .setClusterName("outbound|80||orders.default")
            .addEndpoints(locality)
            .build()
            .toByteArray();
    routes =
        RouteConfiguration.newBuilder()
            .setName("orders.default:80")
            .addVirtualHosts(host)
            .build()
            .toByteArray();
  }

  private static LbEndpoint endpoint(int i) {
    SocketAddress address =
        SocketAddress.newBuilder()
            .setAddress("10.0." + i / 256 + "." + i % 256)
            .setPortValue(8080)
            .build();
    return LbEndpoint.newBuilder()
        .setEndpoint(
            Endpoint.newBuilder().setAddress(Address.newBuilder().setSocketAddress(address)))
        .setLoadBalancingWeight(UInt32Value.of(1))
        .build();
  }

  /** A ClusterLoadAssignment. */
  @Benchmark
  public Decoded<EndpointsResource> endpoints() throws Rejection, InvalidProtocolBufferException {
    return ResourceKind.ENDPOINTS.decode(ClusterLoadAssignment.parseFrom(endpoints), filters);
  }

  /** A RouteConfiguration. */
  @Benchmark
  public Decoded<RouteConfig> routes() throws Rejection, InvalidProtocolBufferException {
    return ResourceKind.ROUTES.decode(RouteConfiguration.parseFrom(routes), filters);
  }
}

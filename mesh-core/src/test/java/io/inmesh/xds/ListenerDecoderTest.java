package io.inmesh.xds;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.xds.type.v3.TypedStruct;
import com.google.protobuf.Any;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.core.v3.TransportSocket;
import io.envoyproxy.envoy.config.listener.v3.ApiListener;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.FilterChainMatch;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.extensions.filters.http.header_mutation.v3.HeaderMutation;
import io.envoyproxy.envoy.extensions.filters.http.rbac.v3.RBAC;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import io.inmesh.model.FilterConfig;
import io.inmesh.model.HeaderAdd;
import io.inmesh.model.HeaderChanges;
import io.inmesh.model.PathPolicy;
import io.inmesh.model.RawSettings;
import io.inmesh.model.RouteAction;
import io.inmesh.model.ServerConnectionPolicy;
import io.inmesh.model.ServerTlsPolicy;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ListenerDecoderTest {
  private static final String MUTATION =
      "type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.HeaderMutation";

  private static Decoded<ListenerResource> decode(Listener listener, String... filters)
      throws Rejection {
    return ResourceKind.LISTENER.decode(listener, new KnownFilters(Set.of(filters)));
  }

  private static HttpConnectionManager.Builder manager(HttpFilter... filters) {
    HttpConnectionManager.Builder manager = Protos.manager("r").toBuilder().clearHttpFilters();
    for (HttpFilter filter : filters) {
      manager.addHttpFilters(filter);
    }
    return manager;
  }

  private static HttpFilter filter(String name, com.google.protobuf.Message config) {
    return HttpFilter.newBuilder().setName(name).setTypedConfig(Any.pack(config)).build();
  }

  private static String rejection(HttpConnectionManager.Builder manager) {
    return Rejections.of(ResourceKind.LISTENER, Protos.listener("l", manager.build()));
  }

  @Test
  void clientListener_namesItsRoutes() throws Rejection {
    ListenerResource listener =
        decode(
                Protos.listener(
                    "l",
                    Text.merge(
                            "common_http_protocol_options { max_stream_duration { seconds: 9 } }",
                            manager(Protos.ROUTER))
                        .build()))
            .value();
    assertThat(listener)
        .isEqualTo(
            new ListenerResource(
                "l",
                0,
                null,
                "r",
                List.of(),
                Duration.ofSeconds(9),
                ServerTlsPolicy.DISABLED,
                PathPolicy.NONE,
                List.of(),
                ServerConnectionPolicy.NONE));
  }

  @Test
  void serverListener_carriesItsRoutesAndPort() throws Rejection {
    ListenerResource listener = decode(Protos.serverListener(8080)).value();
    assertThat(listener.port()).isEqualTo(8080);
    assertThat(
            Objects.requireNonNull(listener.routes())
                .virtualHosts()
                .get(0)
                .routes()
                .get(0)
                .action())
        .isEqualTo(new RouteAction.NonForwarding());
  }

  @Test
  void filtersOfTheApplication_getTheirSettings() throws Rejection {
    TypedStruct struct =
        TypedStruct.newBuilder()
            .setTypeUrl("example.com/my.Filter")
            .setValue(
                Struct.newBuilder()
                    .putFields("limit", Value.newBuilder().setNumberValue(3).build()))
            .build();
    assertThat(
            decode(
                    Protos.listener("l", manager(filter("mine", struct), Protos.ROUTER).build()),
                    "example.com/my.Filter")
                .value()
                .filters())
        .containsExactly(
            new FilterConfig(
                "mine", "example.com/my.Filter", false, new RawSettings(Map.of("limit", 3.0))));
    assertThat(rejection(manager(filter("mine", struct), Protos.ROUTER)))
        .isEqualTo(
            "api_listener.api_listener.http_filters[0].typed_config: 'example.com/my.Filter' is no"
                + " filter this version can run, and it is not optional");
  }

  @Test
  void headerMutation_becomesRemovalsAndAdditions() throws Rejection {
    HeaderMutation mutation =
        Text.merge(
                """
                mutations {
                  request_mutations { append { header { key: 'a' value: '1' } } }
                  request_mutations { remove: 'A' }
                  request_mutations { append { header { key: 'a' value: '2' } } }
                  response_mutations { remove: 'server' }
                }
                """,
                HeaderMutation.newBuilder())
            .build();
    assertThat(
            decode(
                    Protos.listener("l", manager(filter("h", mutation), Protos.ROUTER).build()),
                    MUTATION)
                .value()
                .filters())
        .containsExactly(
            new FilterConfig(
                "h",
                MUTATION,
                false,
                new HeaderChanges(
                    List.of(new HeaderAdd("a", "2", HeaderAdd.Mode.APPEND)),
                    List.of("a"),
                    List.of(),
                    List.of("server"))));
  }

  @Test
  void policyFilterThatCannotRun_isNeverSkipped() throws Rejection {
    HttpFilter rbac = filter("rbac", RBAC.getDefaultInstance());
    assertThat(rejection(manager(rbac, Protos.ROUTER)))
        .endsWith("is no filter this version can run, and it is not optional");
    Decoded<ListenerResource> optional =
        decode(
            Protos.listener(
                "l", manager(rbac.toBuilder().setIsOptional(true).build(), Protos.ROUTER).build()));
    assertThat(optional.value().filters()).isEmpty();
    assertThat(optional.remarks())
        .singleElement()
        .satisfies(remark -> assertThat(remark.why()).contains("is left out"));
  }

  @Test
  void router_isTheLastFilter() {
    assertThat(rejection(manager()))
        .isEqualTo(
            "api_listener.api_listener.http_filters: is empty; the last filter is the router");
    assertThat(rejection(manager(Protos.ROUTER, filter("rbac", RBAC.getDefaultInstance()))))
        .isEqualTo("api_listener.api_listener.http_filters[0]: the router must be the last filter");
    assertThat(rejection(manager(filter("rbac", RBAC.getDefaultInstance()))))
        .isEqualTo("api_listener.api_listener.http_filters[0]: the last filter must be the router");
  }

  @Test
  void badListener_isRejectedWithItsPath() {
    assertThat(Rejections.of(ResourceKind.LISTENER, Protos.listener("")))
        .isEqualTo("name: is empty");
    assertThat(Rejections.of(ResourceKind.LISTENER, Listener.newBuilder().setName("l").build()))
        .isEqualTo("address.socket_address.port_value: is no port, and there is no api_listener");
    assertThat(
            Rejections.of(
                ResourceKind.LISTENER,
                Listener.newBuilder()
                    .setName("l")
                    .setApiListener(
                        ApiListener.newBuilder()
                            .setApiListener(Any.pack(RBAC.getDefaultInstance())))
                    .build()))
        .isEqualTo("api_listener.api_listener: must be an HttpConnectionManager");
    assertThat(rejection(manager(Protos.ROUTER).clearRds()))
        .isEqualTo("api_listener.api_listener: has neither rds nor route_config");
    assertThat(
            Rejections.of(
                ResourceKind.LISTENER,
                Protos.serverListener(80).toBuilder()
                    .addFilterChains(FilterChain.getDefaultInstance())
                    .build()))
        .isEqualTo("filter_chains: must hold exactly one filter chain");
  }

  @Test
  void serverSecurityThatCannotBeEnforced_rejects() {
    Listener listener = Protos.serverListener(80);
    assertThat(
            Rejections.of(
                ResourceKind.LISTENER,
                chain(
                    listener,
                    listener.getFilterChains(0).toBuilder()
                        .setTransportSocket(TransportSocket.newBuilder().setName("tls")))))
        .startsWith(
            "filter_chains[0].transport_socket.typed_config: must be a DownstreamTlsContext");
    assertThat(
            Rejections.of(
                ResourceKind.LISTENER,
                chain(
                    listener,
                    listener.getFilterChains(0).toBuilder()
                        .setFilterChainMatch(FilterChainMatch.newBuilder().addServerNames("a")))))
        .startsWith("filter_chains[0].filter_chain_match.server_names: is not supported");
    assertThat(
            Rejections.of(
                ResourceKind.LISTENER,
                chain(
                    listener,
                    FilterChain.newBuilder()
                        .addFilters(
                            Filter.newBuilder()
                                .setName("tcp")
                                .setTypedConfig(Any.pack(RBAC.getDefaultInstance()))))))
        .isEqualTo("filter_chains[0].filters[0].typed_config: must be an HttpConnectionManager");
  }

  private static Listener chain(Listener listener, FilterChain.Builder chain) {
    return listener.toBuilder().setFilterChains(0, chain).build();
  }
}

package io.inmesh.server.compile;

import static io.inmesh.server.compile.OrdersService.ROUTES;
import static io.inmesh.server.compile.OrdersVirtualServices.compile;
import static io.inmesh.server.compile.OrdersVirtualServices.virtual;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.google.protobuf.util.Durations;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.inmesh.server.config.Finding;
import io.inmesh.server.config.FindingCode;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What becomes of the rules that a VirtualService leaves to another. */
class VirtualServiceDelegatesTest {
  @Test
  void delegate_narrowsAndInherits() {
    Compiled compiled =
        compile(
            virtual(
                "root",
                "shop",
                """
                hosts: [orders]
                http:
                - name: root
                  match: [{uri: {prefix: /api}, headers: {x-a: {exact: '1'}}}]
                  timeout: 3s
                  delegate: {name: leaf, namespace: other}
                - route: [{destination: {host: orders}}]
                """),
            virtual(
                "leaf",
                "other",
                """
                http:
                - name: exact
                  match: [{uri: {exact: /api/far}}]
                  route: [{destination: {host: far}}]
                - match: [{uri: {prefix: /else}}]
                  route: [{destination: {host: far}}]
                - timeout: 1s
                  route: [{destination: {host: far}}]
                """));
    List<Route> routes = compiled.routes(ROUTES);
    assertThat(routes)
        .extracting(
            Route::getName,
            r -> r.getMatch().getPath() + r.getMatch().getPrefix(),
            r -> r.getMatch().getHeadersCount(),
            r -> Durations.toSeconds(r.getRoute().getTimeout()))
        .containsExactly(
            tuple("VirtualService other/leaf#root-exact", "/api/far", 1, 3L),
            tuple("VirtualService other/leaf#root", "/api", 1, 1L),
            tuple("VirtualService shop/root#1", "/", 0, 0L));
    assertThat(routes.get(0).getRoute().getCluster())
        .as("hosts are relative to the delegate")
        .isEqualTo("outbound|80||far.other.svc.cluster.local");
    assertThat(compiled.problems())
        .extracting(Finding::code)
        .containsExactly(FindingCode.DELEGATE_CONFLICT);
  }

  @Test
  void delegate_thatIsNotThere_isLeftOut() {
    Compiled compiled =
        compile(
            virtual(
                "root",
                "shop",
                """
                hosts: [orders]
                http:
                - {match: [{uri: {prefix: /a}}], delegate: {name: gone}}
                - route: [{destination: {host: orders}}]
                """));
    assertThat(compiled.routes(ROUTES)).hasSize(1);
    assertThat(compiled.problems())
        .extracting(Finding::code, Finding::pointer)
        .containsExactly(tuple(FindingCode.DELEGATE_NOT_FOUND, "/spec/http/0/delegate"));
  }
}

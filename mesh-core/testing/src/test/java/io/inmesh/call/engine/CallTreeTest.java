package io.inmesh.call.engine;

import static io.inmesh.testing.FakeTransport.answer;
import static io.inmesh.testing.Snapshots.endpoint;
import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.MeshException.Reason;
import io.inmesh.call.Admission;
import io.inmesh.call.Attempt;
import io.inmesh.call.InboundCall;
import io.inmesh.call.MeshHeaders;
import io.inmesh.call.Peer;
import io.inmesh.call.ResponseHead;
import io.inmesh.testing.FakeMesh;
import io.inmesh.testing.FakeRequest;
import io.inmesh.testing.FakeResponse;
import io.inmesh.testing.FakeTransport;
import io.inmesh.testing.Snapshots;
import io.inmesh.testing.TestRoute;
import io.opentelemetry.context.Scope;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Calls that are made for requests that are calls themselves. */
class CallTreeTest {
  private static final Peer PEER =
      new Peer(new InetSocketAddress(InetAddress.getLoopbackAddress(), 1), null, false);

  private final FakeMesh mesh = new FakeMesh();

  private InboundCall admitted(FakeRequest request) {
    Admission admission = mesh.engine().inbound(8080).admit(request, PEER);
    return ((Admission.Allowed) admission).call();
  }

  private FakeTransport call(InboundCall inbound, FakeRequest request) {
    FakeTransport transport = mesh.transport().script(Attempt::sent);
    try (Scope scope = inbound.context().makeCurrent()) {
      assertThat(scope).isNotNull();
      mesh.start(request, transport);
    }
    return transport;
  }

  private void orders() {
    mesh.update(
        Snapshots.builder()
            .add("orders", endpoint("127.0.0.1", 1), endpoint("127.0.0.1", 2))
            .routes(
                "orders",
                80,
                TestRoute.any().to(Snapshots.clusterName("orders", 80)).retry(2, "5xx")));
  }

  @Test
  void callerGone_whatIsDoneForItIsCancelled() {
    orders();
    InboundCall inbound = admitted(FakeRequest.get("web", "/"));
    FakeTransport one = call(inbound, FakeRequest.get("orders", "/1"));
    FakeTransport two = call(inbound, FakeRequest.get("orders", "/2"));
    inbound.cancel();
    for (FakeTransport transport : List.of(one, two)) {
      assertThat(FakeMesh.failure(transport).reason()).isEqualTo(Reason.CANCELLED);
      assertThat(transport.abandoned()).hasSize(1);
    }
    FakeTransport late = call(inbound, FakeRequest.get("orders", "/3"));
    assertThat(FakeMesh.failure(late).reason()).isEqualTo(Reason.CANCELLED);
    assertThat(late.attempts()).isEmpty();
    inbound.finish(0, ResponseHead.NO_GRPC_STATUS);
    mesh.assertQuiet();
  }

  @Test
  void callAfterTheResponse_goesOn() {
    orders();
    InboundCall inbound = admitted(FakeRequest.get("web", "/"));
    FakeTransport transport = call(inbound, FakeRequest.get("orders", "/"));
    inbound.finish(200, ResponseHead.NO_GRPC_STATUS);
    inbound.cancel();
    assertThat(transport.answered()).isFalse();
    answer(200).accept(transport.attempt());
    mesh.assertQuiet();
  }

  @Test
  void retryOfSomebodyAbove_isNotRetriedBelow() {
    orders();
    InboundCall inbound = admitted(FakeRequest.get("web", "/", MeshHeaders.ATTEMPT_COUNT, "2"));
    FakeTransport transport = call(inbound, FakeRequest.get("orders", "/"));
    answer(503).accept(transport.attempt());
    assertThat(transport.attempts()).hasSize(1);
    assertThat(transport.delivered()).isNotNull();
  }

  @Test
  void retriesSpentBelow_theResponseSaysSo() {
    orders();
    InboundCall inbound = admitted(FakeRequest.get("web", "/"));
    FakeTransport transport = call(inbound, FakeRequest.get("orders", "/"));
    for (int i = 0; i < 3; i++) {
      answer(503).accept(transport.attempt());
      mesh.clock().advanceMillis(1_000);
    }
    FakeResponse response = FakeResponse.http(500);
    inbound.response(response);
    assertThat(response.headers().get(MeshHeaders.RETRY)).isEqualTo("no");
  }

  @Test
  void noRetriesBelow_theResponseSaysNothing() {
    orders();
    InboundCall inbound = admitted(FakeRequest.get("web", "/"));
    FakeTransport transport = call(inbound, FakeRequest.get("orders", "/"));
    answer(200).accept(transport.attempt());
    FakeResponse response = FakeResponse.http(500);
    inbound.response(response);
    assertThat(response.headers().get(MeshHeaders.RETRY)).isNull();
  }
}

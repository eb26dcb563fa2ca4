package io.inmesh.conformance;

import static io.inmesh.conformance.world.Behaviour.ok;
import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.MeshException;
import io.inmesh.RequestOptions;
import io.inmesh.conformance.world.Answer;
import io.inmesh.conformance.world.Caller;
import io.inmesh.conformance.world.Instance;
import io.inmesh.conformance.world.OverEveryTransport;
import io.inmesh.conformance.world.Transport;
import io.inmesh.conformance.world.World;
import io.inmesh.identity.SpiffeId;
import io.opentelemetry.context.Scope;

/** ID-14: an application says who must answer. */
class RequirePeerTest {
  @SuppressWarnings("try") // the scope is what it is for
  private static Answer call(Caller caller, String account) throws InterruptedException {
    SpiffeId id = SpiffeId.of("cluster.local", "default", account);
    try (Scope scope = RequestOptions.DEFAULT.withRequiredPeer(id).makeCurrent()) {
      return caller.get("orders/shop.Orders/Get");
    }
  }

  @OverEveryTransport(only = {Transport.HTTP1_MTLS, Transport.H2_MTLS, Transport.GRPC_MTLS})
  void requiredPeer_answersOrNobodyDoes(World world) throws Exception {
    Instance orders = world.serve("orders", ok());
    Caller web = world.client("web");
    assertThat(call(web, "orders")).isOk();
    assertThat(call(web, "payments")).failedWith(MeshException.Reason.TLS_FAILURE);
    assertThat(orders.requests()).hasSize(1);
  }

  @OverEveryTransport(only = {Transport.HTTP1, Transport.GRPC})
  void plaintext_isNotSent(World world) throws Exception {
    Instance orders = world.serve("orders", ok());
    assertThat(call(world.client("web"), "orders")).failedWith(MeshException.Reason.TLS_FAILURE);
    assertThat(orders.requests()).isEmpty();
  }
}

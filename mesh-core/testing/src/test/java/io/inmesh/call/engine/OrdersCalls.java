package io.inmesh.call.engine;

import static io.inmesh.testing.Snapshots.endpoint;

import io.inmesh.MeshException.Reason;
import io.inmesh.call.LocalReply;
import io.inmesh.model.BalancerPolicy;
import io.inmesh.model.CircuitBreakers;
import io.inmesh.model.Cluster;
import io.inmesh.model.Endpoint;
import io.inmesh.model.LocalityEndpoints;
import io.inmesh.model.TlsPolicy;
import io.inmesh.testing.FakeMesh;
import io.inmesh.testing.FakeTransport;
import io.inmesh.testing.Snapshots;
import io.inmesh.testing.TestRoute;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;

/** Calls to one service over a scripted transport; nothing may be left of them after each test. */
abstract class OrdersCalls {
  static final String ORDERS = Snapshots.clusterName("orders", 80);
  static final Endpoint A = endpoint("127.0.0.1", 1);
  static final Endpoint B = endpoint("127.0.0.1", 2);

  FakeMesh mesh = new FakeMesh();
  FakeTransport transport = mesh.transport();

  @AfterEach
  void nothingLeaked() {
    mesh.assertQuiet();
  }

  void orders(TestRoute route, Endpoint... endpoints) {
    mesh.update(Snapshots.builder().add("orders", endpoints).routes("orders", 80, route));
  }

  static Cluster cluster(
      List<LocalityEndpoints> localities,
      List<Cluster.Drop> drops,
      CircuitBreakers breakers,
      @Nullable TlsPolicy tls) {
    return new Cluster(
        ORDERS,
        Snapshots.fqdn("orders"),
        localities,
        140,
        drops,
        BalancerPolicy.DEFAULT,
        Duration.ofSeconds(5),
        Cluster.Protocol.AUTO,
        breakers,
        null,
        tls);
  }

  Reason reason() {
    return FakeMesh.failure(transport).reason();
  }

  LocalReply reply() {
    return Objects.requireNonNull(transport.reply(), "there was no reply");
  }
}

package io.inmesh.conformance;

import static io.inmesh.conformance.world.Behaviour.ok;
import static io.inmesh.conformance.world.Trait.weight;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.inmesh.Registration.Health;
import io.inmesh.conformance.world.Caller;
import io.inmesh.conformance.world.Instance;
import io.inmesh.conformance.world.OverEveryTransport;
import io.inmesh.conformance.world.Pending;
import io.inmesh.conformance.world.Request;
import io.inmesh.conformance.world.Tally;
import io.inmesh.conformance.world.Transport;
import io.inmesh.conformance.world.World;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** LB-02, LB-16, LB-17, LB-23. */
class BalancingTest {
  private static final String GET = "orders/shop.Orders/Get";

  @OverEveryTransport(also = Transport.SPRING)
  void equalInstances_shareTheLoad(World world) throws Exception {
    Instance a = world.serve("orders", ok());
    Instance b = world.serve("orders", ok());
    Caller web = world.client("web");
    web.meet(GET, a, b);
    Tally tally = web.get(GET, 200);
    assertThat(tally.failures()).isEmpty();
    assertThat(tally.byHost()).containsOnlyKeys(a.host(), b.host());
    assertThat(share(tally, a)).isCloseTo(0.5, within(0.22));
  }

  @OverEveryTransport
  void leastRequest_avoidsTheBusyOne(World world) throws Exception {
    CountDownLatch latch = new CountDownLatch(1);
    Instance busy = world.serve("orders", ok().after(latch));
    Caller web = world.client("web");
    List<Pending> held = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      held.add(web.start(Request.get(GET)));
    }
    world.until("the calls are there", () -> busy.requests().size() == 3);
    busy.behave(ok());
    Instance idle = world.serve("orders", ok());
    web.meet(GET, idle);
    // Two choices of two are both, so the one with three calls is never the better one.
    assertThat(web.get(GET, 100).byHost()).containsOnlyKeys(idle.host());
    latch.countDown();
    for (Pending pending : held) {
      assertThat(pending.await()).isOk();
    }
  }

  @OverEveryTransport
  void weight_ofAnInstance_isItsShare(World world) throws Exception {
    Instance heavy = world.serve("orders", ok(), weight(3));
    Instance light = world.serve("orders", ok());
    Caller web = world.client("web");
    web.meet(GET, heavy, light);
    Tally tally = web.get(GET, 400);
    assertThat(tally.failures()).isEmpty();
    assertThat(share(tally, heavy)).isCloseTo(0.75, within(0.14));
  }

  @OverEveryTransport(also = Transport.SPRING)
  void unhealthyInstance_isAvoided_andComesBack(World world) throws Exception {
    Instance sick = world.serve("orders", ok());
    Instance well = world.serve("orders", ok());
    Caller web = world.client("web");
    web.meet(GET, sick, well);
    sick.health(Health.UNHEALTHY);
    assertThat(web.get(GET, 40).byHost()).containsOnlyKeys(well.host());
    sick.health(Health.HEALTHY);
    assertThat(web.get(GET, 40).byHost()).containsOnlyKeys(sick.host(), well.host());
  }

  @OverEveryTransport
  void allUnhealthy_allAreUsed(World world) throws Exception {
    Instance a = world.serve("orders", ok());
    Instance b = world.serve("orders", ok());
    a.health(Health.UNHEALTHY);
    b.health(Health.UNHEALTHY);
    Caller web = world.client("web");
    web.meet(GET, a, b);
    assertThat(web.get(GET, 40).failures()).isEmpty();
  }

  private static double share(Tally tally, Instance instance) {
    return (double) tally.byHost().getOrDefault(instance.host(), 0L) / tally.answers().size();
  }
}

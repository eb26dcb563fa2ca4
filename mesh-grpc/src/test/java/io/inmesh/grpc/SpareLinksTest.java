package io.inmesh.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Attributes;
import io.grpc.ConnectivityState;
import io.grpc.ConnectivityStateInfo;
import io.grpc.EquivalentAddressGroup;
import io.grpc.LoadBalancer.Subchannel;
import io.grpc.LoadBalancer.SubchannelStateListener;
import io.grpc.Status;
import io.grpc.SynchronizationContext;
import io.inmesh.control.ManualClock;
import io.inmesh.model.ConnectionPolicy;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Further links and their timers, in virtual time. */
class SpareLinksTest {
  private static final Status REFUSED = Status.UNAVAILABLE;

  private final ManualClock clock = new ManualClock();
  private final AtomicInteger open = new AtomicInteger();
  private final SpareLinks links = new SpareLinks(clock, Duration.ofHours(1), () -> {});

  /** A subchannel whose states are told. */
  private static final class FakeSubchannel extends Subchannel {
    private SubchannelStateListener listener = now -> {};
    boolean shutdown;

    void is(ConnectivityState now) {
      listener.onSubchannelState(ConnectivityStateInfo.forNonError(now));
    }

    void fails() {
      listener.onSubchannelState(ConnectivityStateInfo.forTransientFailure(REFUSED));
    }

    @Override
    public void start(SubchannelStateListener told) {
      listener = told;
    }

    @Override
    public void requestConnection() {}

    @Override
    public void shutdown() {
      shutdown = true;
    }

    @Override
    public List<EquivalentAddressGroup> getAllAddresses() {
      return List.of();
    }

    @Override
    public Attributes getAttributes() {
      return Attributes.EMPTY;
    }
  }

  private FakeSubchannel add() {
    FakeSubchannel made = new FakeSubchannel();
    Target target =
        new Target(
            InetSocketAddress.createUnresolved("orders", 1),
            null,
            null,
            null,
            ConnectionPolicy.DEFAULT,
            Duration.ofSeconds(1));
    SynchronizationContext sync =
        new SynchronizationContext(
            (thread, failure) -> {
              throw new AssertionError(failure);
            });
    Connections owner = new Connections(sync, Connections.RENEWAL, new EngineMesh().engine);
    Link link = new Link(new Connection(owner, target), made, new StreamSlots(1, 0, 0), null);
    open.incrementAndGet();
    links.add(link, open::decrementAndGet);
    return made;
  }

  private void endsAtOnce() {
    FakeSubchannel link = add();
    link.is(ConnectivityState.READY);
    link.is(ConnectivityState.IDLE); // GOAWAY
    assertThat(link.shutdown).isTrue();
  }

  private void waits(int seconds) {
    clock.advanceMillis(seconds * 1000L - 1);
    assertThat(links.mayGrow()).isFalse();
    clock.advanceMillis(1);
    assertThat(links.mayGrow()).isTrue();
  }

  @Test
  void linkThatEndsAtOnce_orCannotBeMade_hasTheNextWait_longerEachTime() {
    endsAtOnce();
    waits(1);
    add().fails();
    waits(2);
    endsAtOnce();
    waits(4);
    for (int i = 0; i < 3; i++) {
      endsAtOnce();
      waits(8);
    }
    assertThat(open).hasValue(0);
    assertThat(clock.pending()).isZero();
  }

  @Test
  void linkThatLasts_endsWithoutAPause_andForgivesTheOthers() {
    endsAtOnce();
    waits(1);
    FakeSubchannel link = add();
    link.is(ConnectivityState.READY);
    clock.advanceMillis(1000);
    link.is(ConnectivityState.IDLE);
    assertThat(links.mayGrow()).isTrue();
    endsAtOnce();
    waits(1);
  }

  @Test
  void linkThatIsOld_isDrained_andNoTimerOutlivesOneThatEndedBefore() {
    FakeSubchannel old = add();
    old.is(ConnectivityState.READY);
    clock.advanceMillis(Duration.ofHours(1).toMillis());
    assertThat(old.shutdown).isTrue();
    add().is(ConnectivityState.READY);
    add();
    assertThat(clock.pending()).isEqualTo(2);
    links.drain();
    assertThat(links.isEmpty()).isTrue();
    assertThat(clock.pending()).isZero();
    assertThat(open).hasValue(0);
    endsAtOnce();
    links.drain(); // of new keys or trust, the next one is another matter
    assertThat(links.mayGrow()).isTrue();
    assertThat(clock.pending()).isZero();
  }
}

package io.inmesh.server.ads;

import static io.inmesh.server.ads.Engine.EDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.control.ManualClock;
import io.inmesh.server.ads.Engine.Sotw;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What all streams together may hand to their connections, and who waits for whom. */
class AllowanceTest {
  private static final int LIMIT = 40_960;
  private static final int LARGE = 10;

  private final ManualClock clock = new ManualClock();
  private final Allowance allowance = new Allowance(LIMIT, clock);
  private final List<String> turns = new ArrayList<>();

  private Allowance.Share share(String name) {
    return allowance.share(() -> turns.add(name));
  }

  @Test
  void whoFindsNothingLeft_getsTheTurnInOrder_asOthersHaveWritten() {
    Allowance.Share busy = share("busy");
    Allowance.Share first = share("first");
    Allowance.Share second = share("second");
    assertThat(busy.take(LIMIT)).isTrue();
    assertThat(first.take(LIMIT)).isFalse();
    assertThat(second.take(LARGE)).isFalse();
    assertThat(first.take(LIMIT)).as("asking again changes nothing").isFalse();

    busy.giveBack();
    assertThat(turns).containsExactly("first");
    assertThat(second.take(LARGE)).isFalse();
    assertThat(busy.take(LARGE)).as("not past those in line").isFalse();
    assertThat(first.take(LIMIT)).isTrue();

    first.giveBack();
    assertThat(turns).containsExactly("first", "second", "busy");
    assertThat(second.take(LARGE)).isTrue();
    assertThat(busy.take(LARGE)).isTrue();
    assertThat(allowance.taken()).isEqualTo(2 * LARGE);
  }

  @Test
  void nextResponseOfWhoHasWritten_standsInLineLikeAnyOther() {
    Allowance.Share busy = share("busy");
    Allowance.Share other = share("other");
    assertThat(busy.take(LIMIT)).isTrue();
    assertThat(other.take(LIMIT)).isFalse();
    assertThat(busy.take(LIMIT)).isFalse();
    assertThat(turns).containsExactly("other");
    assertThat(other.take(LIMIT)).isTrue();
    other.giveBack();
    assertThat(turns).containsExactly("other", "busy");
  }

  @Test
  void smallResponse_neitherWaitsNorCounts() {
    assertThat(share("busy").take(LIMIT)).isTrue();
    assertThat(allowance.large()).isEqualTo(LARGE);
    assertThat(share("small").take(LARGE - 1)).isTrue();
    assertThat(allowance.taken()).isEqualTo(LIMIT);
  }

  @Test
  void turnThatIsNotNeeded_goesToTheNext() {
    Allowance.Share busy = share("busy");
    Allowance.Share first = share("first");
    assertThat(busy.take(LIMIT)).isTrue();
    assertThat(first.take(LIMIT)).isFalse();
    assertThat(share("second").take(LIMIT)).isFalse();
    busy.giveBack();
    first.giveBack();
    assertThat(turns).containsExactly("first", "second");
  }

  /** The response became smaller while its stream stood in line. */
  @Test
  void lessThanWasAskedFor_leavesTheRestToTheNext_andNothingIsCountedTwice() {
    Allowance.Share busy = share("busy");
    Allowance.Share first = share("first");
    Allowance.Share second = share("second");
    Allowance.Share third = share("third");
    assertThat(busy.take(LIMIT)).isTrue();
    assertThat(first.take(LIMIT)).isFalse();
    assertThat(second.take(LIMIT)).isFalse();
    assertThat(third.take(LARGE)).isFalse();
    busy.giveBack();
    assertThat(first.take(LARGE)).isTrue();
    assertThat(turns).containsExactly("first", "second");
    assertThat(second.take(LARGE)).isTrue();
    assertThat(turns).containsExactly("first", "second", "third");
    assertThat(third.take(LARGE)).isTrue();
    assertThat(allowance.taken()).isEqualTo(3 * LARGE);
    List.of(first, second, third).forEach(Allowance.Share::giveBack);
    assertThat(allowance.taken()).isZero();
  }

  @Test
  void streamThatEnds_leavesTheLineAndWhatItHolds() {
    Allowance.Share dying = share("dying");
    Allowance.Share gone = share("gone");
    assertThat(dying.take(LIMIT)).isTrue();
    assertThat(gone.take(LIMIT)).isFalse();
    assertThat(share("next").take(LIMIT)).isFalse();
    gone.close();
    dying.close();
    assertThat(turns).containsExactly("next");
    assertThat(allowance.waiting()).isZero();
  }

  @Test
  void whoWritesNothing_holdsUpOthersForAWhileOnly() {
    Allowance.Share stuck = share("stuck");
    Allowance.Share waiting = share("waiting");
    assertThat(stuck.take(LIMIT)).isTrue();
    assertThat(waiting.take(LIMIT)).isFalse();
    clock.advanceMillis(4_900);
    assertThat(turns).isEmpty();
    clock.advanceMillis(200);
    assertThat(turns).containsExactly("waiting");
    clock.advanceMillis(60_000);
    assertThat(waiting.take(LIMIT)).as("a turn does not expire").isTrue();
    stuck.giveBack();
    assertThat(allowance.taken()).as("nothing is given back twice").isEqualTo(LIMIT);
    waiting.giveBack();
    assertThat(allowance.taken()).isZero();
    assertThat(clock.pending()).as("timers").isZero();
  }

  @Test
  void reconnectingClients_areServedOneAfterAnother_asTheirTransportsWrite() {
    Engine engine = new Engine(clock, limits(), ViewSelector.DEFAULT);
    engine.put(EDS, "a", 1);
    List<Sotw> clients = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      Sotw client = engine.sotw(ClientKind.OTHER);
      client.out.fills = true;
      client.subscribe(EDS, "a");
      clients.add(client);
    }
    for (int served = 1; served <= 5; served++) {
      assertThat(clients.stream().filter(client -> !client.out.responses.isEmpty()))
          .hasSize(served)
          .contains(clients.get(served - 1));
      clients.get(served - 1).out.ready = true;
      clients.get(served - 1).stream.ready();
    }
    assertThat(engine.env.allowance().taken()).isZero();
  }

  /** So little that one response takes all. */
  private static AdsLimits limits() {
    return new AdsLimits(
        1 << 20, 100, 100, 100, 8, 100, 4_096, 1, Duration.ofSeconds(30), Duration.ofMinutes(5));
  }
}

package io.inmesh.server.ads;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SubscriptionIndexTest {
  private final SubscriptionIndex index = new SubscriptionIndex();

  /** Hears nothing. */
  private static final class Deaf implements Subscriber {
    @Override
    public void changed(Notice notice) {}

    @Override
    public void await(PropagationWait.Part part) {}
  }

  private static ResourceName orders() {
    return new ResourceName(TypeUrl.CLUSTER, String.join("", "ord", "ers"));
  }

  @Test
  void name_isKeptOnce_forAllWhoWantIt() {
    ResourceName first = index.add(orders(), new Deaf());
    assertThat(index.add(orders(), new Deaf())).isSameAs(first).isEqualTo(orders());
  }

  @Test
  void subscribers_comeAndGo_untilTheNameIsForgotten() {
    List<Subscriber> all = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      all.add(new Deaf());
      index.add(orders(), all.get(i));
    }
    List<Subscriber> before = index.named(orders());
    assertThat(before).containsExactlyInAnyOrderElementsOf(all);
    for (int i = 0; i < 20; i += 2) {
      index.remove(orders(), all.get(i));
    }
    index.remove(orders(), new Deaf());
    assertThat(index.named(orders())).hasSize(10).doesNotContain(all.get(0)).contains(all.get(1));
    assertThat(before).hasSize(20);
    for (int i = 1; i < 20; i += 2) {
      index.remove(orders(), all.get(i));
    }
    assertThat(index.named(orders())).isEmpty();
    assertThat(index.size()).isZero();
  }

  @Test
  void wildcard_isOfItsType_andNotAmongTheNamed() {
    Subscriber all = new Deaf();
    index.add(ResourceName.all(TypeUrl.CLUSTER), all);
    assertThat(index.wildcard(TypeUrl.CLUSTER)).containsExactly(all);
    assertThat(index.wildcard(TypeUrl.LISTENER)).isEmpty();
    assertThat(index.named(orders())).isEmpty();
  }
}

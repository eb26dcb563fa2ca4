package io.inmesh.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.call.ResponseHead;
import io.inmesh.call.StoredResponse;
import io.inmesh.model.IdempotencyKeys;
import io.inmesh.resilience.KeyedResponses.Claim;
import io.inmesh.resilience.KeyedResponses.Entry;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class KeyedResponsesTest {
  private static final StoredResponse RESPONSE =
      new StoredResponse(201, List.of(), List.of(), ResponseHead.NO_GRPC_STATUS, List.of());

  private final KeyedResponses store = new KeyedResponses(0);

  private void limit(int entries, long bytes) {
    store.limit(new IdempotencyKeys(Duration.ofMinutes(10), entries, bytes, 100));
  }

  private Entry first(String key, long now) {
    return ((Claim.First) store.claim(key, now, now)).entry();
  }

  @Test
  void requestThatRunsLong_holdsUpNoOther() {
    limit(2, 1_000);
    Entry slow = first("slow", 1);
    for (int i = 2; i <= 50; i++) {
      first("k" + i, i).done(RESPONSE, 10);
    }
    assertThat(store.size()).isLessThanOrEqualTo(2);
    assertThat(store.claim("slow", 1, 60)).isInstanceOf(Claim.Running.class);
    slow.done(RESPONSE, 10);
    assertThat(store.claim("slow", 1, 61)).isInstanceOf(Claim.Done.class);
  }

  @Test
  void bytes_areBounded_whileARequestRuns() {
    limit(1_000, 100);
    first("slow", 1);
    for (int i = 2; i <= 50; i++) {
      first("k" + i, i).done(RESPONSE, 10);
    }
    assertThat(store.size()).isEqualTo(11);
    assertThat(store.claim("k50", 50, 60)).isInstanceOf(Claim.Done.class);
  }

  @Test
  void keyThatHadToGo_isNeverTakenForNew() {
    limit(1, 1_000);
    first("old", 1).done(RESPONSE, 10);
    first("new", 2).done(RESPONSE, 10);
    assertThat(store.claim("old", 1, 3)).isInstanceOf(Claim.Unknown.class);
    assertThat(store.claim("new", 2, 3)).isInstanceOf(Claim.Done.class);
  }
}

package io.inmesh.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.control.Randomness;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** RT-07: the sum of the weights is the denominator, whatever it is. */
class WeightedChoiceTest {
  private static final class Drawn implements Randomness {
    private long next;

    @Override
    public int nextInt(int bound) {
      throw new UnsupportedOperationException();
    }

    @Override
    public long nextLong() {
      return next;
    }

    @Override
    public double nextDouble() {
      throw new UnsupportedOperationException();
    }
  }

  private static List<Long> parsed(String weights) {
    return Arrays.stream(weights.split(" ", -1)).map(Long::valueOf).toList();
  }

  /** Of as many draws as the weights sum to, each exactly as many as its weight. */
  @ParameterizedTest
  @CsvSource({
    "90 10",
    "1 2", // Envoy's and Istio's sums need not be 100
    "33 33 33",
    "1 1 1 1 1 1 1",
    "300 100",
    "999 1",
    "0 5",
    "5 0",
    "0 3 0 0 1 0",
    "7"
  })
  void share_isTheWeight(String weights) {
    List<Long> expected = parsed(weights);
    List<Integer> items = new ArrayList<>();
    expected.forEach(weight -> items.add(items.size()));
    WeightedChoice<Integer> choice = new WeightedChoice<>(items, expected::get);
    long[] counts = new long[items.size()];
    Drawn drawn = new Drawn();
    LongStream.range(0, expected.stream().mapToLong(Long::longValue).sum())
        .forEach(
            point -> {
              drawn.next = point << 1;
              counts[choice.next(drawn)]++;
            });
    assertThat(counts).containsExactly(expected.stream().mapToLong(Long::longValue).toArray());
  }

  /** Where one begins and the other ends. */
  @ParameterizedTest
  @CsvSource({
    "1 2,               0, 0",
    "1 2,               1, 1",
    "1 2,               2, 1",
    "1 2,               3, 0", // around
    "0 5,               0, 1",
    "4294967294 1, 4294967293, 0",
    "4294967294 1, 4294967294, 1"
  })
  void bounds_areExact(String weights, long point, int chosen) {
    List<Long> all = parsed(weights);
    WeightedChoice<Integer> choice = new WeightedChoice<>(List.of(0, 1), all::get);
    assertThat(choice.at(point)).isEqualTo(chosen);
  }

  @Test
  void negativeDraws_countAsAnyOther() {
    Drawn drawn = new Drawn();
    drawn.next = -1;
    assertThat(new WeightedChoice<>(List.of(0, 1), item -> item + 1L).next(drawn)).isBetween(0, 1);
  }
}

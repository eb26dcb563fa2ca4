package io.inmesh.filter;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DescribedBucketsTest {
  @Test
  void longValues_areKeptAsDigests_whichTellThemApart() {
    String longest = "x".repeat(DescribedBuckets.LONGEST_KEPT);
    assertThat(DescribedBuckets.kept(longest)).isSameAs(longest);
    String digest = DescribedBuckets.kept(longest + "y");
    assertThat(digest).hasSize(64).isEqualTo(DescribedBuckets.kept(longest + "y"));
    assertThat(DescribedBuckets.kept(longest + "z")).hasSize(64).isNotEqualTo(digest);
    assertThat(DescribedBuckets.kept("x".repeat(50_000))).hasSize(64);
  }
}

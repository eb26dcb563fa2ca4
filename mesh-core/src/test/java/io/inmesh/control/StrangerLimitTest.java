package io.inmesh.control;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.InetAddresses;
import io.inmesh.control.StrangerLimit.Place;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StrangerLimitTest {
  private final StrangerLimit limit = new StrangerLimit(2);

  private static InetSocketAddress at(String address) {
    return new InetSocketAddress(InetAddresses.forString(address), 1);
  }

  @Test
  void enter_asManyAsAreAllowed_andOthersOfOtherAddresses() {
    Place first = requireNonNull(limit.enter(at("10.0.0.1")));
    assertThat(limit.enter(at("10.0.0.1"))).isNotNull();
    assertThat(limit.enter(at("10.0.0.1"))).isNull();
    assertThat(limit.enter(at("10.0.0.2"))).isNotNull();
    first.leave();
    first.leave();
    assertThat(limit.enter(at("10.0.0.1"))).isNotNull();
    assertThat(limit.enter(at("10.0.0.1"))).isNull();
  }

  @ParameterizedTest
  @CsvSource({"2001:db8::1, 2001:db8::2, false", "2001:db8::1, 2001:db8:0:1::1, true"})
  void enter_addressesOfOneNetwork_areOne(String first, String second, boolean other) {
    assertThat(limit.enter(at(first))).isNotNull();
    assertThat(limit.enter(at(first))).isNotNull();
    assertThat(limit.enter(at(second)) != null).isEqualTo(other);
  }

  @Test
  void enter_whatIsNoAddress_isNotCounted() {
    for (int i = 0; i < 5; i++) {
      assertThat(limit.enter(null)).isNotNull();
      assertThat(limit.enter(InetSocketAddress.createUnresolved("somewhere", 1))).isNotNull();
    }
  }
}

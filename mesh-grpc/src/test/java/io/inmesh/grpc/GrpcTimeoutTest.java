package io.inmesh.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Metadata;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GrpcTimeoutTest {
  @ParameterizedTest
  @CsvSource({
    "1, 1n",
    "99999999, 99999999n",
    "100000000, 100000u",
    "99999999999, 99999999u",
    "100000000000, 100000m",
    "99999999999999, 99999999m",
    "100000000000000, 100000S",
    "9223372036854775806, 2562047H"
  })
  void text_hasEightDigitsAtMost(long nanos, String expected) {
    assertThat(GrpcTimeout.text(nanos)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({"0, 1n", "-5, 1n", "7, 7n"})
  void write_replacesTheField(long nanos, String expected) {
    Metadata headers = new Metadata();
    GrpcTimeout.write(headers, 99);
    GrpcTimeout.write(headers, nanos);
    assertThat(new MetadataHeaders(headers).all("grpc-timeout")).containsExactly(expected);
  }
}

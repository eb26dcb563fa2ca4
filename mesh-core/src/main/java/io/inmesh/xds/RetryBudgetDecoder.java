package io.inmesh.xds;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.inmesh.model.RetryRatio;
import io.inmesh.wire.cluster.v1.RetryBudget;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Our own {@code inmesh.cluster.v1.RetryBudget} of clusters. */
final class RetryBudgetDecoder {
  private RetryBudgetDecoder() {}

  /** A cluster's; null: it has none. */
  static @Nullable RetryRatio of(Cluster cluster, Decoding decoding, FieldPath root)
      throws Rejection {
    for (var option : cluster.getTypedExtensionProtocolOptionsMap().entrySet()) {
      Any any = option.getValue();
      if (MessageTypes.is(any, RetryBudget.class)) {
        FieldPath path = root.key("typed_extension_protocol_options", option.getKey());
        return decode(decoding.unpack(any, RetryBudget.class, path), decoding, path);
      }
    }
    return null;
  }

  private static RetryRatio decode(RetryBudget budget, Decoding decoding, FieldPath path)
      throws Rejection {
    Duration interval =
        decoding.positive(budget.hasInterval(), budget.getInterval(), path.field("interval"));
    Duration minInterval =
        decoding.positive(
            budget.hasMinInterval(), budget.getMinInterval(), path.field("min_interval"));
    return new RetryRatio(
        Percents.checked(budget.getPercent(), path.field("percent")),
        interval == null ? RetryRatio.DEFAULT.interval() : interval,
        decoding.number(budget.getMinCount(), path.field("min_count")),
        minInterval == null ? RetryRatio.DEFAULT.minInterval() : minInterval);
  }
}

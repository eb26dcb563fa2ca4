package io.inmesh.server.compile;

import com.google.protobuf.Any;
import com.google.protobuf.Struct;
import io.envoyproxy.envoy.config.accesslog.v3.AccessLog;
import io.envoyproxy.envoy.config.accesslog.v3.AccessLogFilter;
import io.envoyproxy.envoy.config.accesslog.v3.AndFilter;
import io.envoyproxy.envoy.config.accesslog.v3.ComparisonFilter;
import io.envoyproxy.envoy.config.accesslog.v3.DurationFilter;
import io.envoyproxy.envoy.config.accesslog.v3.GrpcStatusFilter;
import io.envoyproxy.envoy.config.accesslog.v3.OrFilter;
import io.envoyproxy.envoy.config.accesslog.v3.ResponseFlagFilter;
import io.envoyproxy.envoy.config.accesslog.v3.RuntimeFilter;
import io.envoyproxy.envoy.config.accesslog.v3.StatusCodeFilter;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.config.core.v3.RuntimeUInt32;
import io.envoyproxy.envoy.config.core.v3.SubstitutionFormatString;
import io.envoyproxy.envoy.extensions.access_loggers.stream.v3.StdoutAccessLog;
import io.inmesh.server.config.AccessLogSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What processes write of calls, as HttpConnectionManagers say it. */
final class AccessLogResources {
  /** Of a whole percent, in millionths. */
  private static final int PERCENT = 10_000;

  private static final int FAILED_FROM = 400;

  /** By who writes; empty: nothing is written. */
  record Logs(List<AccessLog> clients, List<AccessLog> servers) {}

  private AccessLogResources() {}

  static Logs of(@Nullable AccessLogSpec spec) {
    if (spec == null) {
      return new Logs(List.of(), List.of());
    }
    AccessLog.Builder log =
        AccessLog.newBuilder()
            .setName("envoy.access_loggers.stdout")
            .setTypedConfig(
                Any.pack(StdoutAccessLog.newBuilder().setLogFormat(format(spec)).build()));
    AccessLogFilter filter = filter(spec);
    if (filter != null) {
      log.setFilter(filter);
    }
    List<AccessLog> made = List.of(log.build());
    return new Logs(spec.clients() ? made : List.of(), spec.servers() ? made : List.of());
  }

  private static SubstitutionFormatString format(AccessLogSpec spec) {
    SubstitutionFormatString.Builder format = SubstitutionFormatString.newBuilder();
    if (spec.fields().isEmpty()) {
      // Envoy ends no line by itself.
      String line = spec.text().endsWith("\n") ? spec.text() : spec.text() + "\n";
      return format.setTextFormatSource(DataSource.newBuilder().setInlineString(line)).build();
    }
    Struct.Builder members = Struct.newBuilder();
    new TreeMap<>(spec.fields())
        .forEach((name, value) -> members.putFields(name, Protos.text(value)));
    return format.setJsonFormat(members).build();
  }

  private static @Nullable AccessLogFilter filter(AccessLogSpec spec) {
    List<AccessLogFilter> any = new ArrayList<>();
    if (spec.failed()) {
      any.add(
          AccessLogFilter.newBuilder()
              .setStatusCodeFilter(
                  StatusCodeFilter.newBuilder()
                      .setComparison(atLeast(FAILED_FROM, "access_log.status")))
              .build());
      any.add(
          AccessLogFilter.newBuilder()
              .setGrpcStatusFilter(
                  GrpcStatusFilter.newBuilder()
                      .addStatuses(GrpcStatusFilter.Status.OK)
                      .setExclude(true))
              .build());
      any.add(
          AccessLogFilter.newBuilder()
              .setResponseFlagFilter(ResponseFlagFilter.getDefaultInstance())
              .build());
    }
    if (spec.slowerThan() != null) {
      any.add(
          AccessLogFilter.newBuilder()
              .setDurationFilter(
                  DurationFilter.newBuilder()
                      .setComparison(
                          atLeast(
                              (int) Math.min(Integer.MAX_VALUE, spec.slowerThan().toMillis()),
                              "access_log.duration")))
              .build());
    }
    List<AccessLogFilter> all = new ArrayList<>();
    if (any.size() == 1) {
      all.add(any.get(0));
    } else if (!any.isEmpty()) {
      all.add(
          AccessLogFilter.newBuilder()
              .setOrFilter(OrFilter.newBuilder().addAllFilters(any))
              .build());
    }
    if (spec.percent() < 100) {
      all.add(
          AccessLogFilter.newBuilder()
              .setRuntimeFilter(
                  RuntimeFilter.newBuilder()
                      .setRuntimeKey("access_log.percent")
                      .setPercentSampled(Protos.share(spec.percent() * PERCENT)))
              .build());
    }
    return switch (all.size()) {
      case 0 -> null;
      case 1 -> all.get(0);
      default ->
          AccessLogFilter.newBuilder()
              .setAndFilter(AndFilter.newBuilder().addAllFilters(all))
              .build();
    };
  }

  private static ComparisonFilter atLeast(int value, String key) {
    return ComparisonFilter.newBuilder()
        .setOp(ComparisonFilter.Op.GE)
        .setValue(RuntimeUInt32.newBuilder().setDefaultValue(value).setRuntimeKey(key))
        .build();
  }
}

package io.inmesh.xds;

import com.google.protobuf.Any;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.accesslog.v3.AccessLogFilter;
import io.envoyproxy.envoy.config.accesslog.v3.ComparisonFilter;
import io.envoyproxy.envoy.config.accesslog.v3.GrpcStatusFilter;
import io.envoyproxy.envoy.config.core.v3.SubstitutionFormatString;
import io.envoyproxy.envoy.extensions.access_loggers.file.v3.FileAccessLog;
import io.envoyproxy.envoy.extensions.access_loggers.stream.v3.StderrAccessLog;
import io.envoyproxy.envoy.extensions.access_loggers.stream.v3.StdoutAccessLog;
import io.inmesh.model.AccessLog;
import io.inmesh.model.LogFilter;
import io.inmesh.model.LogFilter.Comparison;
import io.inmesh.model.LogFormat;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Access logs of a listener. No call fails for one that cannot be had: it is left out with a
 * remark. Standard output and error are both the application's logger; files are not written.
 */
final class AccessLogDecoder {
  private static final List<String> STREAMS = List.of("/dev/stdout", "/dev/stderr");

  private final Decoding decoding;

  AccessLogDecoder(Decoding decoding) {
    this.decoding = decoding;
  }

  List<AccessLog> logs(
      List<io.envoyproxy.envoy.config.accesslog.v3.AccessLog> protos, FieldPath manager)
      throws Rejection {
    List<AccessLog> logs = new ArrayList<>();
    for (int i = 0; i < protos.size(); i++) {
      FieldPath path = manager.field("access_log", i);
      LogFilter filter =
          protos.get(i).hasFilter()
              ? filter(protos.get(i).getFilter(), path.field("filter"))
              : LogFilter.ALL;
      AccessLog log = log(protos.get(i).getTypedConfig(), filter, path.field("typed_config"));
      if (log != null) {
        logs.add(log);
      }
    }
    return logs;
  }

  private @Nullable AccessLog log(Any config, @Nullable LogFilter filter, FieldPath path)
      throws Rejection {
    SubstitutionFormatString format;
    if (MessageTypes.is(config, StdoutAccessLog.class)) {
      format = decoding.unpack(config, StdoutAccessLog.class, path).getLogFormat();
    } else if (MessageTypes.is(config, StderrAccessLog.class)) {
      format = decoding.unpack(config, StderrAccessLog.class, path).getLogFormat();
    } else if (MessageTypes.is(config, FileAccessLog.class)) {
      FileAccessLog file = decoding.unpack(config, FileAccessLog.class, path);
      format = file.getLogFormat();
      if (!STREAMS.contains(file.getPath())) {
        decoding.remark(path.field("path"), "is none of " + STREAMS + ", nothing is written");
        return null;
      }
    } else {
      decoding.remark(path, "is no access log of this version, nothing is written");
      return null;
    }
    return filter == null ? null : log(format, filter, path.field("log_format"));
  }

  private @Nullable AccessLog log(
      SubstitutionFormatString proto, LogFilter filter, FieldPath path) {
    List<AccessLog.Member> members = new ArrayList<>();
    boolean json = proto.hasJsonFormat();
    Map<String, String> formats = new TreeMap<>();
    switch (proto.getFormatCase()) {
      case JSON_FORMAT -> {
        for (Map.Entry<String, Value> field : proto.getJsonFormat().getFieldsMap().entrySet()) {
          if (field.getValue().hasStringValue()) {
            formats.put(field.getKey(), field.getValue().getStringValue());
          } else {
            decoding.remark(path.key("json_format", field.getKey()), "is no string, left out");
          }
        }
      }
      case TEXT_FORMAT_SOURCE -> formats.put("", proto.getTextFormatSource().getInlineString());
      default -> formats.put("", LogFormat.DEFAULT);
    }
    for (Map.Entry<String, String> format : formats.entrySet()) {
      try {
        LogFormat read = LogFormat.of(json ? format.getValue() : format.getValue().stripTrailing());
        for (String operator : read.unknown()) {
          decoding.remark(path, "%" + operator + "% is not known or secret and written as -");
        }
        members.add(new AccessLog.Member(format.getKey(), read));
      } catch (IllegalArgumentException e) {
        decoding.remark(path, e.getMessage() + "; nothing is written");
        return null;
      }
    }
    return new AccessLog(json, members, filter);
  }

  /** Null: it is not known which calls are meant. */
  private @Nullable LogFilter filter(AccessLogFilter proto, FieldPath path) throws Rejection {
    switch (proto.getFilterSpecifierCase()) {
      case STATUS_CODE_FILTER -> {
        ComparisonFilter by = proto.getStatusCodeFilter().getComparison();
        return new LogFilter.Status(comparison(by), by.getValue().getDefaultValue());
      }
      case DURATION_FILTER -> {
        ComparisonFilter by = proto.getDurationFilter().getComparison();
        return new LogFilter.Duration(
            comparison(by), Integer.toUnsignedLong(by.getValue().getDefaultValue()));
      }
      case RUNTIME_FILTER -> {
        return new LogFilter.Sample(
            MatchDecoder.fraction(
                proto.getRuntimeFilter().getPercentSampled(),
                path.field("runtime_filter").field("percent_sampled")));
      }
      case RESPONSE_FLAG_FILTER -> {
        return new LogFilter.Flags(Set.copyOf(proto.getResponseFlagFilter().getFlagsList()));
      }
      case GRPC_STATUS_FILTER -> {
        GrpcStatusFilter by = proto.getGrpcStatusFilter();
        return new LogFilter.GrpcStatus(new HashSet<>(by.getStatusesValueList()), by.getExclude());
      }
      case AND_FILTER -> {
        List<LogFilter> all =
            filters(proto.getAndFilter().getFiltersList(), path.field("and_filter"));
        return all == null ? null : new LogFilter.And(all);
      }
      case OR_FILTER -> {
        List<LogFilter> any =
            filters(proto.getOrFilter().getFiltersList(), path.field("or_filter"));
        return any == null ? null : new LogFilter.Or(any);
      }
      default -> {
        decoding.remark(path, "is of a kind that is not supported, nothing is written");
        return null;
      }
    }
  }

  private @Nullable List<LogFilter> filters(List<AccessLogFilter> protos, FieldPath path)
      throws Rejection {
    List<LogFilter> filters = new ArrayList<>();
    for (int i = 0; i < protos.size(); i++) {
      LogFilter filter = filter(protos.get(i), path.field("filters", i));
      if (filter == null) {
        return null;
      }
      filters.add(filter);
    }
    return filters;
  }

  private static Comparison comparison(ComparisonFilter by) {
    return switch (by.getOp()) {
      case GE -> Comparison.AT_LEAST;
      case LE -> Comparison.AT_MOST;
      default -> Comparison.EQUAL;
    };
  }
}

package io.inmesh.telemetry;

import io.inmesh.call.GrpcStatus;
import io.inmesh.call.ResponseHead;
import io.inmesh.control.Randomness;
import io.inmesh.model.AccessLog;
import io.inmesh.model.Fraction;
import io.inmesh.model.LogFilter;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Decides which calls of a listener are written to its access logs. Immutable. */
public final class AccessLogs {
  private final List<AccessLog> logs;

  private AccessLogs(List<AccessLog> logs) {
    this.logs = logs;
  }

  /** Null if there are none, so that calls have one thing to look at. */
  public static @Nullable AccessLogs of(List<AccessLog> logs) {
    return logs.isEmpty() ? null : new AccessLogs(logs);
  }

  /** A call has ended. */
  public void write(AccessLogEntry entry, Randomness random, AccessLogWriter to) {
    for (AccessLog log : logs) {
      if (passes(log.filter(), entry, random)) {
        to.write(AccessLogLine.of(log, entry));
      }
    }
  }

  private static boolean passes(LogFilter filter, AccessLogEntry entry, Randomness random) {
    if (filter instanceof LogFilter.Status by) {
      return by.comparison().holds(entry.status(), by.status());
    }
    if (filter instanceof LogFilter.Duration by) {
      return by.comparison().holds(entry.durationMillis(), by.millis());
    }
    if (filter instanceof LogFilter.GrpcStatus by) {
      return by.statuses().contains(grpcStatus(entry)) != by.except();
    }
    if (filter instanceof LogFilter.Flags by) {
      return entry.reason() != null
          && (by.flags().isEmpty() || by.flags().contains(entry.reason().flag()));
    }
    if (filter instanceof LogFilter.Sample by) {
      Fraction share = by.share();
      return random.nextInt(share.denominator()) < share.numerator();
    }
    if (filter instanceof LogFilter.Or any) {
      for (LogFilter each : any.filters()) {
        if (passes(each, entry, random)) {
          return true;
        }
      }
      return false;
    }
    for (LogFilter each : ((LogFilter.And) filter).filters()) {
      if (!passes(each, entry, random)) {
        return false;
      }
    }
    return true;
  }

  private static int grpcStatus(AccessLogEntry entry) {
    if (entry.grpcStatus() != ResponseHead.NO_GRPC_STATUS) {
      return entry.grpcStatus();
    }
    boolean success = entry.status() >= 200 && entry.status() < 400; // of plain HTTP
    return success ? 0 : GrpcStatus.ofHttp(entry.status());
  }
}

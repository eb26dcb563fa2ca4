package io.inmesh.telemetry;

import io.inmesh.MeshException.Reason;
import io.inmesh.model.ResponseClass.Meaning;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One caller-callee pair as metrics see it, with the attribute sets that were needed so far, so
 * that recording builds none. Thread-safe, lock-free on known outcomes.
 */
public final class Edge {
  /** More gRPC methods than this share one attribute set: paths come from outside. */
  private static final int MAX_METHODS = 200;

  /** More outcomes than this are not kept: statuses come from outside, too. */
  private static final int MAX_OUTCOMES = 128;

  private static final String OTHER = "_OTHER";
  private static final AttributeKey<String> DESTINATION =
      AttributeKey.stringKey("destination_service");
  private static final AttributeKey<String> RESULT = AttributeKey.stringKey("result");
  private static final Outcome[] NO_OUTCOMES = {};
  private static final String UNKNOWN = "unknown";

  /** OpenTelemetry's: there only if it failed. */
  private static final String ERROR_TYPE = "error.type";

  /** 0 to 16, and all others. */
  private static final int STATUSES = 18;

  private static final int MEANINGS = 3;

  /** The attribute sets of one outcome. */
  static final class Outcome {
    final long key;
    final @Nullable Reason reason;
    final Attributes istio;
    final Attributes http;

    Outcome(long key, @Nullable Reason reason, Attributes istio, Attributes http) {
      this.key = key;
      this.reason = reason;
      this.istio = istio;
      this.http = http;
    }
  }

  /** The attribute sets of one gRPC method by status. */
  private static final class Method {
    final String service;
    final String name;
    final AtomicReference<@Nullable Attributes[]> byStatus =
        new AtomicReference<>(new @Nullable Attributes[STATUSES * MEANINGS]);

    Method(String service, String name) {
      this.service = service;
      this.name = name;
    }
  }

  /** The gRPC methods that were called. */
  private static final class Methods {
    private final Map<String, Method> known = new ConcurrentHashMap<>();
    private final Method others = new Method(OTHER, OTHER);

    Method of(String path) {
      Method method = known.get(path);
      return method == null ? added(path) : method;
    }

    private Method added(String path) {
      int slash = path.indexOf('/', 1);
      if (known.size() >= MAX_METHODS || slash < 0) {
        return others;
      }
      return known.computeIfAbsent(
          path, key -> new Method(key.substring(1, slash), key.substring(slash + 1)));
    }
  }

  /** The attribute sets of what happens besides outcomes; few edges ever need them. */
  static final class Results {
    final Attributes destination;
    final Attributes retryScheduled;
    final Attributes retryWithheld;
    final Attributes retryBudget;
    final Attributes retryLimit;
    final Attributes retrySuccess;
    final Attributes retryFailure;
    final Attributes hedgeSent;
    final Attributes hedgeWon;

    private Results(Service service) {
      destination = Attributes.of(DESTINATION, text(service.host()));
      retryScheduled = result("scheduled");
      retryWithheld = result("withheld");
      retryBudget = result("budget");
      retryLimit = result("limit");
      retrySuccess = result("success");
      retryFailure = result("failure");
      hedgeSent = result("sent");
      hedgeWon = result("won");
    }

    private Attributes result(String result) {
      return destination.toBuilder().put(RESULT, result).build();
    }
  }

  private final boolean client;
  private final Workload source;
  private final Workload workload;
  private final Service service;
  private final String security;
  private final AtomicReference<Outcome[]> outcomes = new AtomicReference<>(NO_OUTCOMES);
  private volatile @Nullable Methods methods;
  private volatile @Nullable Results results;

  Edge(boolean client, Workload source, Workload destination, Service service, String security) {
    this.client = client;
    this.source = source;
    this.workload = destination;
    this.service = service;
    this.security = security;
  }

  /** Made when first needed; a lost race only means that they are made once more. */
  Results results() {
    Results made = results;
    if (made == null) {
      made = new Results(service);
      results = made;
    }
    return made;
  }

  Attributes outlier(String detector, String result) {
    return results().destination.toBuilder().put("detector", detector).put(RESULT, result).build();
  }

  /** The set for the end of a shadow copy. */
  Attributes shadow(int status, int grpcStatus) {
    AttributesBuilder set = results().destination.toBuilder();
    if (status > 0) {
      set.put("http.response.status_code", (long) status);
    }
    if (grpcStatus >= 0) {
      set.put("rpc.grpc.status_code", (long) grpcStatus);
    }
    return set.build();
  }

  /** The sets for an outcome, about which an operator says something; made once. */
  Outcome outcome(
      boolean grpc,
      String httpMethod,
      int status,
      int grpcStatus,
      @Nullable Reason reason,
      Meaning said) {
    int method = grpc ? 0 : methodIndex(httpMethod);
    long key =
        ((((long) status * 64 + (grpcStatus + 1)) * 16 + method) * 2 + (grpc ? 1 : 0)) * 4
            + index(said);
    Outcome[] known = outcomes.getAcquire();
    for (Outcome outcome : known) {
      if (outcome.key == key && outcome.reason == reason) {
        return outcome;
      }
    }
    Outcome made =
        new Outcome(
            key,
            reason,
            istio(grpc, status, grpcStatus, reason),
            http(method, status, reason, said));
    if (known.length < MAX_OUTCOMES) {
      Outcome[] more = Arrays.copyOf(known, known.length + 1);
      more[known.length] = made;
      // A lost race only means that the set is made once more.
      outcomes.compareAndSet(known, more);
    }
    return made;
  }

  private Attributes istio(boolean grpc, int status, int grpcStatus, @Nullable Reason reason) {
    AttributesBuilder set =
        Attributes.builder()
            .put("reporter", client ? "source" : "destination")
            .put("request_protocol", grpc ? "grpc" : "http")
            .put("response_code", Integer.toString(status))
            .put("response_flags", reason == null ? "-" : reason.flag())
            .put("grpc_response_status", grpcStatus < 0 ? "" : Integer.toString(grpcStatus))
            .put("connection_security_policy", security)
            .put(DESTINATION, text(service.host()))
            .put("destination_service_name", text(service.name()))
            .put("destination_service_namespace", text(service.namespace()));
    put(set, "source", source);
    put(set, "destination", workload);
    return set.build();
  }

  private static void put(AttributesBuilder set, String side, Workload workload) {
    set.put(side + "_workload", text(workload.name()));
    set.put(side + "_workload_namespace", text(workload.namespace()));
    set.put(side + "_principal", text(workload.principal()));
    set.put(side + "_app", text(workload.name()));
    set.put(side + "_version", text(workload.version()));
    set.put(side + "_canonical_service", text(workload.name()));
    set.put(
        side + "_canonical_revision", workload.version().isEmpty() ? "latest" : workload.version());
  }

  private Attributes http(int method, int status, @Nullable Reason reason, Meaning said) {
    AttributesBuilder set =
        Attributes.builder().put("http.request.method", METHODS[method]).put("url.scheme", "http");
    if (client) {
      set.put("server.address", text(service.host()));
      if (service.port() > 0) {
        set.put("server.port", (long) service.port());
      }
    }
    if (status > 0) {
      set.put("http.response.status_code", (long) status);
    }
    if (reason != null) {
      set.put(ERROR_TYPE, reason.name());
    } else if (failed(said, status >= (client ? 400 : 500))) {
      set.put(ERROR_TYPE, Integer.toString(status));
    }
    return set.build();
  }

  private static int index(Meaning said) {
    return switch (said) {
      case USUAL -> 0;
      case GOOD -> 1;
      case FAILED -> 2;
    };
  }

  private static boolean failed(Meaning said, boolean usually) {
    return said == Meaning.USUAL ? usually : said == Meaning.FAILED;
  }

  /** The set for a gRPC method and status, about which an operator says something; made once. */
  Attributes rpc(String path, int grpcStatus, Meaning said) {
    Methods called = methods;
    if (called == null) {
      called = new Methods();
      methods = called;
    }
    Method method = called.of(path);
    boolean unknown = grpcStatus < 0 || grpcStatus > 16;
    int status = unknown ? 2 : grpcStatus;
    int index = index(said) * STATUSES + (unknown ? STATUSES - 1 : grpcStatus);
    @Nullable Attributes[] sets = method.byStatus.getAcquire();
    Attributes set = sets[index];
    if (set == null) {
      AttributesBuilder made =
          Attributes.builder()
              .put("rpc.system", "grpc")
              .put("rpc.service", method.service)
              .put("rpc.method", method.name)
              .put("rpc.grpc.status_code", (long) status)
              .put("server.address", text(service.host()));
      if (client && service.port() > 0) {
        made.put("server.port", (long) service.port());
      }
      if (failed(said, status != 0)) {
        made.put(ERROR_TYPE, Integer.toString(status));
      }
      set = made.build();
      @Nullable Attributes[] more = sets.clone();
      more[index] = set;
      method.byStatus.compareAndSet(sets, more);
    }
    return set;
  }

  private static final String[] METHODS = {
    OTHER, "GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "CONNECT"
  };

  private static int methodIndex(String method) {
    for (int i = 1; i < METHODS.length; i++) {
      if (METHODS[i].equals(method)) {
        return i;
      }
    }
    return 0;
  }

  private static String text(String value) {
    return value.isEmpty() ? UNKNOWN : value;
  }
}

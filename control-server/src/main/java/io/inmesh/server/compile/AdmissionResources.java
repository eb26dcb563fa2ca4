package io.inmesh.server.compile;

import io.envoyproxy.envoy.extensions.filters.http.admission_control.v3.AdmissionControl;
import io.envoyproxy.envoy.extensions.filters.http.admission_control.v3.AdmissionControl.SuccessCriteria;
import io.envoyproxy.envoy.extensions.filters.http.admission_control.v3.AdmissionControl.SuccessCriteria.GrpcCriteria;
import io.envoyproxy.envoy.extensions.filters.http.admission_control.v3.AdmissionControl.SuccessCriteria.HttpCriteria;
import io.envoyproxy.envoy.type.v3.Int32Range;
import io.inmesh.server.config.CallRules.ResponseClass;
import java.util.List;
import java.util.Set;
import java.util.function.BiPredicate;

/** Envoy's admission control, by what a policy says responses mean. */
final class AdmissionResources {
  /** What Envoy counts as success: all but those that say that a server is in trouble. */
  private static final Set<Integer> GRPC_SUCCESS = Set.of(0, 1, 2, 3, 5, 6, 7, 9, 11, 12, 16);

  private static final int LAST_GRPC_STATUS = 16;

  private AdmissionResources() {}

  /** The first class that is about a status counts; where none is, the usual reading. */
  static AdmissionControl of(List<ResponseClass> said) {
    SuccessCriteria.Builder criteria = SuccessCriteria.newBuilder().setHttpCriteria(http(said));
    if (said.stream().anyMatch(one -> !one.grpcStatuses().isEmpty())) {
      criteria.setGrpcCriteria(grpc(said));
    }
    return AdmissionControl.newBuilder().setSuccessCriteria(criteria).build();
  }

  private static HttpCriteria http(List<ResponseClass> said) {
    HttpCriteria.Builder criteria = HttpCriteria.newBuilder();
    BiPredicate<ResponseClass, Integer> about =
        (one, status) -> one.from() <= status && status <= one.to();
    int start = 0;
    for (int status = 100; status <= 600; status++) {
      boolean success = status < 600 && succeeds(status, status < 500, said, about);
      if (success && start == 0) {
        start = status;
      } else if (!success && start > 0) {
        criteria.addHttpSuccessStatus(Int32Range.newBuilder().setStart(start).setEnd(status));
        start = 0;
      }
    }
    return criteria.build();
  }

  private static GrpcCriteria grpc(List<ResponseClass> said) {
    GrpcCriteria.Builder criteria = GrpcCriteria.newBuilder();
    for (int status = 0; status <= LAST_GRPC_STATUS; status++) {
      boolean usual = GRPC_SUCCESS.contains(status);
      if (succeeds(status, usual, said, (one, code) -> one.grpcStatuses().contains(code))) {
        criteria.addGrpcSuccessStatus(status);
      }
    }
    return criteria.build();
  }

  private static boolean succeeds(
      int status,
      boolean usual,
      List<ResponseClass> said,
      BiPredicate<ResponseClass, Integer> about) {
    return said.stream()
        .filter(one -> about.test(one, status))
        .findFirst()
        .map(one -> !one.failure())
        .orElse(usual);
  }
}

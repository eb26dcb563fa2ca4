package io.inmesh.grpc;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The arrows of mesh-grpc. */
@AnalyzeClasses(packages = "io.inmesh.grpc", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  @ArchTest
  static final ArchRule grpc_knowsNoHttpAndNoFramework =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.inmesh.http..", "io.inmesh.spring..", "org.springframework..", "jakarta..");

  @ArchTest
  static final ArchRule transport_seesTheCallOnly =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.inmesh.call.engine..",
              "io.inmesh.route..",
              "io.inmesh.balance..",
              "io.inmesh.resilience..",
              "io.inmesh.filter..",
              "io.inmesh.xds..",
              "io.inmesh.wire..",
              "io.envoyproxy..",
              "io.grpc.xds..");

  /** Messages of the two standard services that it serves and calls; docs/decisions.md. */
  @ArchTest
  static final ArchRule protobuf_isForLoadReportsOnly =
      noClasses()
          .that()
          .haveNameNotMatching("io\\.inmesh\\.grpc\\.Load(Reader|ReportService)")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("com.google.protobuf..");

  /**
   * What gRPC does not promise to keep is used in two places: to choose calls, and to secure
   * connections.
   */
  @ArchTest
  static final ArchRule grpcInternals_areTouchedWhereTheyMustBe =
      noClasses()
          .that()
          .haveNameNotMatching("io\\.inmesh\\.grpc\\.(MeshConfigSelector|Handshake)")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.grpc.internal..")
          .orShould()
          .dependOnClassesThat()
          .haveNameMatching("io\\.grpc\\.Internal.*");
}

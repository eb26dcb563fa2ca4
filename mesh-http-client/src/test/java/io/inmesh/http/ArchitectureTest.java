package io.inmesh.http;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The arrows of mesh-http-client. */
@AnalyzeClasses(packages = "io.inmesh.http", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  @ArchTest
  static final ArchRule http_knowsNoGrpcAndNoFramework =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.inmesh.grpc..",
              "io.inmesh.spring..",
              "io.grpc..",
              "com.google.protobuf..",
              "io.envoyproxy..",
              "org.springframework..",
              "jakarta..");

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
              "io.inmesh.wire..");

  @ArchTest
  static final ArchRule netty_carriesAndDecidesNothing =
      noClasses()
          .that()
          .resideInAPackage("io.inmesh.http.netty..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.inmesh.http", "io.inmesh.http.exchange..", "io.inmesh.http.server..");

  @ArchTest
  static final ArchRule client_knowsNoServer =
      noClasses()
          .that()
          .resideInAPackage("io.inmesh.http.exchange..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.inmesh.http.server..");

  @ArchTest
  static final ArchRule server_knowsNoClient =
      noClasses()
          .that()
          .resideInAPackage("io.inmesh.http.server..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.inmesh.http.exchange..");
}

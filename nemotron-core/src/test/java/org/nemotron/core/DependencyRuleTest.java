package org.nemotron.core;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.codeUnits;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.google.common.collect.ImmutableSet;
import com.tngtech.archunit.ArchConfiguration;
import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Which package of core may know which, and that core knows no other module. */
final class DependencyRuleTest {
  private static final JavaClasses CLASSES = classesIn("org.nemotron.core");

  /** What reads tensors from files and writes them, and what makes tensors of text. */
  private static final ImmutableSet<String> TENSORS_IN_AND_OUT =
      ImmutableSet.of(
          "org.nemotron.core.checkpoint.CheckpointDirectory",
          "org.nemotron.core.checkpoint.SafetensorsFile",
          "org.nemotron.core.checkpoint.SafetensorsWriter",
          "org.nemotron.core.text.EvaluationBatches",
          "org.nemotron.core.text.TokenBatches");

  private static final String TENSOR = "org.nemotron.core.tensor..";

  @Test
  void packages_ofCore_knowOnlyThoseBelowThem() {
    layeredArchitecture()
        .consideringOnlyDependenciesInLayers()
        .withOptionalLayers(true)
        .layer("spec")
        .definedBy("org.nemotron.core.spec..")
        .layer("tensor")
        .definedBy(TENSOR)
        .layer("provenance")
        .definedBy("org.nemotron.core.provenance..")
        .layer("text")
        .definedBy("org.nemotron.core.text..")
        .layer("nn")
        .definedBy("org.nemotron.core.nn..")
        .layer("checkpoint")
        .definedBy("org.nemotron.core.checkpoint..")
        .whereLayer("spec")
        .mayNotAccessAnyLayer()
        .whereLayer("tensor")
        .mayNotAccessAnyLayer()
        .whereLayer("provenance")
        .mayOnlyAccessLayers("spec")
        .whereLayer("text")
        .mayOnlyAccessLayers("spec", "tensor", "provenance")
        .whereLayer("nn")
        .mayOnlyAccessLayers("spec", "tensor")
        .whereLayer("checkpoint")
        .mayOnlyAccessLayers("spec", "tensor", "provenance", "text", "nn")
        .check(CLASSES);
  }

  @Test
  void packages_together_haveNoCycles() {
    slices().matching("org.nemotron.core.(*)..").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void core_anyClass_knowsNoOtherModule() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "org.nemotron.nas..", "org.nemotron.runtime..", "org.nemotron.examples..")
        .check(CLASSES);
  }

  @Test
  void pointerScopes_outsideTensor_areUnknown() {
    noClasses()
        .that()
        .resideOutsideOfPackage(TENSOR)
        .should()
        .dependOnClassesThat()
        .haveFullyQualifiedName("org.bytedeco.javacpp.PointerScope")
        .check(CLASSES);
  }

  @Test
  void spec_anyClass_hasNoNativeTypes() {
    noClasses()
        .that()
        .resideInAPackage("org.nemotron.core.spec..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.bytedeco..")
        .check(CLASSES);
  }

  @Test
  void publicSignatures_outsideTensorCudaAndNn_nameNativeTypesOnPurpose() {
    codeUnits()
        .that()
        .areDeclaredInClassesThat()
        .arePublic()
        .and()
        .areDeclaredInClassesThat()
        .resideOutsideOfPackages(TENSOR, "org.nemotron.core.cuda..", "org.nemotron.core.nn..")
        .and()
        .areDeclaredInClassesThat(areNot(TENSORS_IN_AND_OUT))
        .and()
        .arePublic()
        .should(nameNoNativeTypes())
        .check(CLASSES);
  }

  private static DescribedPredicate<JavaClass> areNot(ImmutableSet<String> names) {
    return DescribedPredicate.describe(
        "are not " + names, type -> !names.contains(type.getFullName()));
  }

  private static ArchCondition<JavaCodeUnit> nameNoNativeTypes() {
    return new ArchCondition<>("name no type of LibTorch's bindings") {
      @Override
      public void check(JavaCodeUnit member, ConditionEvents events) {
        Stream.concat(Stream.of(member.getReturnType()), member.getParameterTypes().stream())
            .flatMap(type -> type.getAllInvolvedRawTypes().stream())
            .filter(type -> type.getPackageName().startsWith("org.bytedeco"))
            .forEach(
                type ->
                    events.add(
                        SimpleConditionEvent.violated(
                            member, member.getDescription() + " names " + type.getName())));
      }
    };
  }

  private static JavaClasses classesIn(String packageName) {
    // Names of foreign classes are enough; to read LibTorch's bindings would take ten seconds.
    ArchConfiguration.get().setResolveMissingDependenciesFromClassPath(false);
    return new ClassFileImporter()
        .withImportOption(new DoNotIncludeTests())
        .importPackages(packageName);
  }
}

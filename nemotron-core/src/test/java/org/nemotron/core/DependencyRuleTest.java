package org.nemotron.core;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.nemotron.core.testing.ArchitectureRules.classesIn;
import static org.nemotron.core.testing.ArchitectureRules.noDependenciesOn;
import static org.nemotron.core.testing.ArchitectureRules.noNativeTypesInSignaturesOf;
import static org.nemotron.core.testing.ArchitectureRules.noPointerScopesOutside;

import com.google.common.collect.ImmutableSet;
import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import org.junit.jupiter.api.Test;

/** Which package of core may know which, and that core knows no other module. */
final class DependencyRuleTest {
  private static final JavaClasses CLASSES = classesIn("org.nemotron.core");

  /** What reads tensors from files and writes them, and what makes tensors of text. */
  private static final ImmutableSet<String> TENSORS_IN_AND_OUT =
      ImmutableSet.of(
          "org.nemotron.core.checkpoint.file.MappedBytes",
          "org.nemotron.core.checkpoint.file.StoredWeights",
          "org.nemotron.core.checkpoint.gguf.GgufModel",
          "org.nemotron.core.checkpoint.gguf.GgufRows$Source",
          "org.nemotron.core.checkpoint.gguf.GgufTensors$Weights",
          "org.nemotron.core.checkpoint.huggingface.CheckedWeights",
          "org.nemotron.core.checkpoint.CheckpointWeights",
          "org.nemotron.core.checkpoint.huggingface.CheckpointDirectory",
          "org.nemotron.core.checkpoint.huggingface.EightBitWeights",
          "org.nemotron.core.checkpoint.huggingface.ShardedWeights",
          "org.nemotron.core.checkpoint.safetensors.SafetensorsFile",
          "org.nemotron.core.checkpoint.safetensors.SafetensorsWriter",
          "org.nemotron.core.inference.WeightSource",
          "org.nemotron.core.text.EvaluationBatches",
          "org.nemotron.core.text.TokenBatches");

  /** Where tensors are computed with; the engines' rooms are not exported. */
  private static final String[] OF_TENSORS = {
    "org.nemotron.core.tensor..",
    "org.nemotron.core.cuda..",
    "org.nemotron.core.nn..",
    "org.nemotron.core.activation..",
    "org.nemotron.core.distributed..",
    "org.nemotron.core.parallel..",
    "org.nemotron.core.backend.cpu..",
    "org.nemotron.core.backend.parallel..",
    "org.nemotron.core.backend.cuda.."
  };

  private static final String TENSOR = "org.nemotron.core.tensor..";

  @Test
  void packages_ofCore_knowOnlyThoseBelowThem() {
    layeredArchitecture()
        .consideringOnlyDependenciesInLayers()
        .layer("spec")
        .definedBy("org.nemotron.core.spec..")
        .layer("tensor")
        .definedBy(TENSOR)
        .layer("cuda")
        .definedBy("org.nemotron.core.cuda..")
        .layer("distributed")
        .definedBy("org.nemotron.core.distributed..")
        .layer("io")
        .definedBy("org.nemotron.core.io..")
        .layer("provenance")
        .definedBy("org.nemotron.core.provenance..")
        .layer("text")
        .definedBy("org.nemotron.core.text..")
        .layer("nn")
        .definedBy("org.nemotron.core.nn..")
        .layer("activation")
        .definedBy("org.nemotron.core.activation..")
        .layer("inference")
        .definedBy("org.nemotron.core.inference..")
        .layer("parallel")
        .definedBy("org.nemotron.core.parallel..")
        .layer("backend")
        .definedBy("org.nemotron.core.backend..")
        .layer("checkpoint")
        .definedBy("org.nemotron.core.checkpoint..")
        .whereLayer("spec")
        .mayNotAccessAnyLayer()
        .whereLayer("tensor")
        .mayNotAccessAnyLayer()
        .whereLayer("cuda")
        .mayOnlyAccessLayers("tensor")
        .whereLayer("distributed")
        .mayOnlyAccessLayers("tensor", "cuda")
        .whereLayer("io")
        .mayNotAccessAnyLayer()
        .whereLayer("provenance")
        .mayOnlyAccessLayers("spec", "io")
        .whereLayer("text")
        .mayOnlyAccessLayers("spec", "tensor", "provenance", "io")
        .whereLayer("nn")
        .mayOnlyAccessLayers("spec", "tensor", "cuda")
        .whereLayer("activation")
        .mayOnlyAccessLayers("spec", "tensor", "cuda", "nn", "distributed")
        .whereLayer("inference")
        .mayOnlyAccessLayers("spec", "tensor", "nn")
        .whereLayer("parallel")
        .mayOnlyAccessLayers("spec", "tensor", "nn", "distributed", "inference")
        .whereLayer("backend")
        .mayOnlyAccessLayers("spec", "tensor", "cuda", "nn", "distributed", "inference", "parallel")
        .whereLayer("checkpoint")
        .mayOnlyAccessLayers(
            "spec", "tensor", "io", "provenance", "text", "nn", "inference", "parallel")
        .check(CLASSES);
  }

  @Test
  void packages_together_haveNoCycles() {
    slices().matching("org.nemotron.core.(*)..").should().beFreeOfCycles().check(CLASSES);
    slices().matching("org.nemotron.core.(**)").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void checkpoint_formats_knowOnlyThoseBelowThem() {
    layeredArchitecture()
        .consideringOnlyDependenciesInLayers()
        .layer("format")
        .definedBy("org.nemotron.core.checkpoint.format")
        .layer("file")
        .definedBy("org.nemotron.core.checkpoint.file")
        .layer("safetensors")
        .definedBy("org.nemotron.core.checkpoint.safetensors")
        .layer("huggingface")
        .definedBy("org.nemotron.core.checkpoint.huggingface")
        .layer("gguf")
        .definedBy("org.nemotron.core.checkpoint.gguf")
        .layer("checkpoint")
        .definedBy("org.nemotron.core.checkpoint")
        .whereLayer("format")
        .mayNotAccessAnyLayer()
        .whereLayer("file")
        .mayOnlyAccessLayers("format")
        .whereLayer("safetensors")
        .mayOnlyAccessLayers("format", "file")
        .whereLayer("huggingface")
        .mayOnlyAccessLayers("format", "file", "safetensors")
        .whereLayer("gguf")
        .mayOnlyAccessLayers("format", "file", "huggingface")
        .whereLayer("checkpoint")
        .mayNotBeAccessedByAnyLayer()
        .check(CLASSES);
  }

  @Test
  void backends_cpuAndCuda_knowNothingOfEachOther() {
    noClasses()
        .that()
        .resideInAPackage("org.nemotron.core.backend.cpu")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.nemotron.core.backend.cuda", "org.nemotron.core.cuda")
        .check(CLASSES);
    noClasses()
        .that()
        .resideInAPackage("org.nemotron.core.backend.cuda")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.nemotron.core.backend.cpu")
        .check(CLASSES);
  }

  @Test
  void core_anyClass_knowsNoOtherModule() {
    noDependenciesOn("org.nemotron.nas..", "org.nemotron.runtime..", "org.nemotron.examples..")
        .check(CLASSES);
  }

  @Test
  void pointerScopes_outsideTensor_areUnknown() {
    noPointerScopesOutside(TENSOR).check(CLASSES);
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
  void publicSignatures_outsideTensorsAndModels_nameNativeTypesOnPurpose() {
    noNativeTypesInSignaturesOf(
            JavaClass.Predicates.resideOutsideOfPackages(OF_TENSORS)
                .and(areNot(TENSORS_IN_AND_OUT)))
        .check(CLASSES);
  }

  private static DescribedPredicate<JavaClass> areNot(ImmutableSet<String> names) {
    return DescribedPredicate.describe(
        "are not " + names, type -> !names.contains(type.getFullName()));
  }
}

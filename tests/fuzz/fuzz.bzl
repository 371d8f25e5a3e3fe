"""Fuzz targets: one definition, two uses."""

def fuzz_target(name, srcs, deps = [], **kwargs):
    """A LLVMFuzzerTestOneInput in `srcs`, with its seeds and past findings in corpus/<name>/.

    Defines
      <name>               the libFuzzer binary: bazel build --config=fuzz //tests/fuzz:<name>
      <name>_replay_test   a quick test, for any compiler, that gives it every file of the corpus.

    Args:
      name: ends in _fuzz.
      srcs: the one source file.
      deps: of both.
      **kwargs: for both.
    """
    native.cc_binary(
        name = name,
        testonly = True,
        srcs = srcs,
        linkopts = [
            "-fsanitize=fuzzer",
            # Bazel links with the C driver, which leaves out UBSan's checks of C++ types.
            "-fsanitize-link-c++-runtime",
        ],
        tags = ["manual"],
        deps = deps,
        **kwargs
    )
    native.cc_test(
        name = name + "_replay_test",
        size = "small",
        srcs = srcs,
        args = ["tests/fuzz/corpus/" + name],
        data = native.glob(["corpus/" + name + "/**"]),
        deps = deps + ["//tests/fuzz:replay_main"],
        **kwargs
    )

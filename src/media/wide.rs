//! Work on many samples at once, by the widest instructions that the processor at hand has. On
//! arm64 every processor has the same; on x86-64 a binary that runs anywhere may use only those of
//! 2003 unless it asks.

/// Does work that is written so that a compiler can do it on many samples at once. What it calls is
/// to be inlined into it, or is compiled for any processor.
#[inline(always)]
pub fn wide<R>(work: impl FnOnce() -> R) -> R {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx2")]
        fn by_avx2<R>(work: impl FnOnce() -> R) -> R {
            work()
        }
        if std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has AVX2, which is all that the function asks for.
            return unsafe { by_avx2(work) };
        }
    }
    work()
}

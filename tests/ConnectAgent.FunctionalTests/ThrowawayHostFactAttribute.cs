using System.Diagnostics;
using ConnectAgent.TestKit.Processes;
using Xunit;

namespace ConnectAgent.FunctionalTests;

/// <summary>
/// A test on a throw-away copy of this host (packaging/tests/throwaway.sh), which needs root and a kernel that lets it mount and have control groups of its
/// own. A machine for builds may forbid that: there it is skipped, and says so.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ThrowawayHostFactAttribute : FactAttribute
{
    private static readonly Lazy<bool> IsAllowed = new(Try);

    public ThrowawayHostFactAttribute()
    {
        if (!IsAllowed.Value)
        {
            Skip = "this machine gives no mounts and control groups of one's own: it needs root in a namespace that may mount overlay and cgroup2";
        }
    }

    private static bool Try()
    {
        var script = Path.Combine(Repository.Root, "packaging", "tests", "can-throw-away.sh");
        using var process = Process.Start(new ProcessStartInfo("bash", [script]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}

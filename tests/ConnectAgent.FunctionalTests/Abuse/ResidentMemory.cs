using System.Globalization;

namespace ConnectAgent.FunctionalTests.Abuse;

/// <summary>The resident memory of another process, as the kernel counts it (proc(5), <c>status</c>).</summary>
internal sealed class ResidentMemory(int processId)
{
    /// <summary>Now, in MB.</summary>
    public int Now => Read("VmRSS:");

    /// <summary>The most since the start or the last <see cref="ForgetPeak"/>, in MB.</summary>
    public int Peak => Read("VmHWM:");

    public void ForgetPeak() => File.WriteAllText($"/proc/{processId}/clear_refs", "5");

    private int Read(string name) => File.ReadLines($"/proc/{processId}/status").Where(line => line.StartsWith(name, StringComparison.Ordinal))
        .Select(line => int.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024).Single();
}

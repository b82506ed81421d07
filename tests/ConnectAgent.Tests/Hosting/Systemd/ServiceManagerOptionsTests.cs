using ConnectAgent.Hosting.Systemd;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Hosting.Systemd;

/// <summary>What a service manager puts into the environment (sd_notify(3), sd_watchdog_enabled(3)).</summary>
public sealed class ServiceManagerOptionsTests
{
    [Theory]
    [InlineData(null, "1000000", null, null, 0)]
    [InlineData("", "1000000", null, null, 0)]
    [InlineData("/run/notify", null, null, "/run/notify", 0)]
    [InlineData("@name", "3000000", null, "@name", 3)]
    [InlineData("/run/notify", "3000000", "OWN", "/run/notify", 3)]
    [InlineData("/run/notify", "3000000", "1", "/run/notify", 0)] // meant for another process
    [InlineData("/run/notify", "0", null, "/run/notify", 0)]
    [InlineData("/run/notify", "-1", null, "/run/notify", 0)]
    [InlineData("/run/notify", "soon", null, "/run/notify", 0)]
    [InlineData("/run/notify", "9223372036854775807", null, "/run/notify", 86400)]
    [InlineData("vsock:2:1234", "3000000", null, null, 0)] // of another host
    [InlineData("relative", "3000000", null, null, 0)]
    public void What_is_there_is_used_and_what_is_meant_for_others_is_not(string? socket, string? time, string? process, string? used, int seconds)
    {
        process = process == "OWN" ? Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture) : process;
        ServiceManagerOptions.Of(socket, time, process).Should().Be(new ServiceManagerOptions(used, seconds == 0 ? null : TimeSpan.FromSeconds(seconds)));
    }
}

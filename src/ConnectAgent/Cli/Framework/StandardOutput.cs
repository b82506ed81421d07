using System.Runtime.InteropServices;

namespace ConnectAgent.Cli.Framework;

/// <summary>Standard output, where it is a pipe: the framework says nothing of a reader that has gone, and a command that prints on and on would never end.</summary>
internal static class StandardOutput
{
    private const int Descriptor = 1;
    private const short Error = 8;

    /// <summary>Whether nobody reads any more what is written there.</summary>
    public static bool IsClosed(TextWriter output)
    {
        if (!ReferenceEquals(output, Console.Out) || !OperatingSystem.IsLinux())
        {
            return false;
        }

        var asked = new PollDescriptor { Descriptor = Descriptor };
        return Poll(ref asked, 1, 0) > 0 && (asked.Found & Error) != 0;
    }

#pragma warning disable SYSLIB1054 // The generator needs unsafe blocks; this takes only blittable arguments.
    [DllImport("libc", EntryPoint = "poll")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Poll(ref PollDescriptor descriptors, nuint count, int milliseconds);
#pragma warning restore SYSLIB1054

    [StructLayout(LayoutKind.Sequential)]
    private struct PollDescriptor
    {
        public int Descriptor;
        public short Asked;
        public short Found;
    }
}

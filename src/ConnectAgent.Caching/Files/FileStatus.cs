using System.Runtime.InteropServices;
using System.Text;

namespace ConnectAgent.Caching.Files;

/// <summary>What the framework does not tell of a file: whose it is, and whether it is one.</summary>
internal static class FileStatus
{
    // From linux/stat.h; the layout of struct statx is one for all processors.
    private const int FromCurrentDirectory = -100;
    private const int OfDescriptor = 0x1000;
    private const uint TypeMask = 0x1;
    private const uint UserIdMask = 0x8;
    private const int UserIdOffset = 20;
    private const int ModeOffset = 28;
    private const int TypeBits = 0xF000;
    private const int Regular = 0x8000;
    private const int StructBytes = 256;

    /// <summary>The user that this process acts as; null where the system does not tell.</summary>
    public static uint? OfThisProcess => OwnerOf("/proc/self");

    /// <summary>The user ID of a file's owner, through links; null where the system does not tell.</summary>
    public static uint? OwnerOf(string path) =>
        OperatingSystem.IsLinux() && Find(FromCurrentDirectory, path, 0, UserIdMask) is { } found ? BitConverter.ToUInt32(found, UserIdOffset) : null;

    /// <summary>Whether what is open is a regular file: no pipe, device, socket or directory.</summary>
    public static bool IsRegular(int descriptor) =>
        Find(descriptor, string.Empty, OfDescriptor, TypeMask) is { } found && (BitConverter.ToUInt16(found, ModeOffset) & TypeBits) == Regular;

    private static byte[]? Find(int directory, string path, int flags, uint mask)
    {
        var found = new byte[StructBytes];
        return Statx(directory, Encoding.UTF8.GetBytes(path + '\0'), flags, mask, found) == 0 ? found : null;
    }

#pragma warning disable SYSLIB1054 // The generator needs unsafe blocks; these take only blittable arguments.
    [DllImport("libc", EntryPoint = "statx")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Statx(int directory, byte[] path, int flags, uint mask, byte[] found);
#pragma warning restore SYSLIB1054
}
